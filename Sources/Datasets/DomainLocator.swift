/// Finds the domain of a sample, samples being numbered domain by domain.
struct DomainLocator: Sendable {
  /// The first sample of each domain, and the number of samples at the end.
  private let starts: [Int]
  /// The domain of the first sample of each block of `1 << blockShift` samples.
  private let domainOfBlock: [Int32]
  private let blockShift: Int

  /// Numbers the rows of domains of these sizes.
  init(counts: [Int]) {
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    let total = starts[counts.count]
    // About a thousand blocks: a table that stays in the first-level cache.
    blockShift = max(0, Int.bitWidth - total.leadingZeroBitCount - 10)
    var domain = 0
    domainOfBlock = stride(from: 0, to: total, by: 1 << blockShift).map { sample in
      while starts[domain + 1] <= sample { domain += 1 }
      return Int32(domain)
    }
    self.starts = starts
  }

  /// The number of samples.
  var count: Int { starts[starts.count - 1] }

  /// The samples of one domain.
  func samples(ofDomain domain: Int) -> Range<Int> { starts[domain]..<starts[domain + 1] }

  /// The domain of a sample.
  ///
  /// - Complexity: O(1) unless domains are far smaller than a thousandth of all samples.
  func domain(ofSample sample: Int) -> Int {
    precondition(sample >= 0 && sample < count, "sample \(sample) of \(count)")
    var domain = Int(domainOfBlock[sample >> blockShift])
    while starts[domain + 1] <= sample { domain += 1 }
    return domain
  }
}
