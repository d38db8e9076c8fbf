internal import Features

extension Batch {
  /// Sets the batch's samples and domains: ordered by domain, in the given order within a domain.
  ///
  /// A counting sort; ``Batch/domainStarts`` is its only working space.
  ///
  /// - Parameters:
  ///   - count: how many rows.
  ///   - domainCount: how many domains there are.
  ///   - sample: the sample of the i-th row.
  ///   - domain: the domain of the i-th row.
  @inline(__always)
  mutating func arrange(
    count: Int, domainCount: Int, sample: (Int) -> Int, domain: (Int) -> Int
  ) {
    resize(to: count)
    if domainStarts.count != domainCount + 1 {
      domainStarts = Array(repeating: 0, count: domainCount + 1)
    }
    for d in 0...domainCount { domainStarts[d] = 0 }
    // `domains` holds the rows' domains in the given order until rows have found their places.
    for row in 0..<count {
      let domain = domain(row)
      domains[row] = Int32(domain)
      domainStarts[domain + 1] += 1
    }
    for d in 0..<domainCount { domainStarts[d + 1] += domainStarts[d] }
    for row in 0..<count {
      let domain = Int(domains[row])
      samples[domainStarts[domain]] = sample(row)
      domainStarts[domain] += 1
    }
    // Every start has moved to the next one; they move back as the domains are written.
    for d in stride(from: domainCount, to: 0, by: -1) { domainStarts[d] = domainStarts[d - 1] }
    domainStarts[0] = 0
    for d in 0..<domainCount {
      for row in domainStarts[d]..<domainStarts[d + 1] { domains[row] = Int32(d) }
    }
  }

  /// Calls `body` with the rows of each domain that occurs, the batch being arranged.
  @inline(__always)
  mutating func forEachArrangedRun(_ body: (_ batch: inout Batch, Int, Range<Int>) -> Void) {
    for d in 0..<domainStarts.count - 1 {
      let rows = domainStarts[d]..<domainStarts[d + 1]
      if !rows.isEmpty { body(&self, d, rows) }
    }
  }
}
