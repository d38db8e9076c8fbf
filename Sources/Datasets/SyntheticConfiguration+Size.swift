extension SyntheticConfiguration {
  /// Throws if making the data would not fit into a memory.
  ///
  /// Nothing is allocated. Counted are 22 bytes a row (two ids and a label, twice while rows are split,
  /// and room to do that; 22 to 26 were measured), and of users and items what ``SyntheticData`` draws
  /// for each; small things are left out.
  ///
  /// - Parameter memoryInBytes: The memory that is there.
  /// - Throws: ``DatasetError/impossible(setting:expected:found:)`` for the setting that takes most.
  public func checkSize(memoryInBytes: Int) throws(DatasetError) {
    let double = MemoryLayout<Double>.size
    let parts = [
      ("samples", samples, 22 * samples),
      ("users", users, (1 + sharedRank) * double * users),
      ("items", items, (2 + sharedRank) * double * items + MemoryLayout<Int32>.size * items),
    ]
    let bytes = parts.reduce(0) { $0 + $1.2 }
    guard bytes > memoryInBytes, let largest = parts.max(by: { $0.2 < $1.2 }) else { return }
    throw .impossible(
      setting: largest.0,
      expected: "a number whose data fit into \(gigabytes(memoryInBytes)) of memory",
      found: "\(largest.1), with at least \(gigabytes(bytes)) in all")
  }
}

private func gigabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e8).rounded() / 10) GB" }
