extension SyntheticConfiguration {
  /// The relative size of every domain.
  var sizes: [Double] {
    domainSizes
      ?? (0..<domains).map { domain in
        (0..<domain).reduce(1) { size, _ in size * sizeRatio }
      }
  }

  /// The share of positives aimed at in every domain.
  var ctrs: [Double] {
    domainCTRs
      ?? (0..<domains).map { domain in
        let place = domains == 1 ? 0.5 : Double(domain) / Double(domains - 1)
        return ctrRange[0] + (ctrRange[1] - ctrRange[0]) * place
      }
  }

  /// Checks every setting.
  ///
  /// - Throws: ``DatasetError/impossible(setting:expected:found:)`` for the first that cannot be.
  public func check() throws(DatasetError) {
    try require(domains, in: 1...4096, "domains")
    try require(samples, in: domains...Int(Int32.max), "samples")
    try require(users, in: domains...Int(Int32.max), "users")
    try require(items, in: 1...Int(Int32.max), "items")
    try require(sharedRank, in: 0...1024, "sharedRank")
    try require(shiftRank, in: 0...1024, "shiftRank")
    try require(sizeRatio, in: 1e-3...1e3, "sizeRatio")
    try require(popularityExponent, in: 0...10, "popularityExponent")
    try require(itemDeviation, in: 0...100, "itemDeviation")
    try require(userDeviation, in: 0...100, "userDeviation")
    try require(sharedDeviation, in: 0...100, "sharedDeviation")
    try require(shiftDeviation, in: 0...100, "shiftDeviation")
    try require(ctrRange.count, in: 2...2, "ctrRange's count")
    for ctr in ctrRange { try require(ctr, in: 0.001...0.999, "ctrRange") }
    if let domainSizes {
      try require(domainSizes.count, in: domains...domains, "domainSizes' count")
      for size in domainSizes { try require(size, in: 1e-9...1e9, "domainSizes") }
    }
    if let domainCTRs {
      try require(domainCTRs.count, in: domains...domains, "domainCTRs' count")
      for ctr in domainCTRs { try require(ctr, in: 0.001...0.999, "domainCTRs") }
    }
  }

  /// Checks one value; a NaN lies in no range.
  private func require<Value>(
    _ value: Value, in range: ClosedRange<Value>, _ setting: String
  ) throws(DatasetError) {
    guard range.contains(value) else {
      throw .impossible(
        setting: setting, expected: "a value in \(range.lowerBound)...\(range.upperBound)",
        found: "\(value)")
    }
  }
}
