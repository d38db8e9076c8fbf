public import Features
public import Files

/// The rows of one split, numbered through: domain by domain, in the order of the files.
///
/// A row's number is its **sample**: the same however rows are shared out to ranks. It is a 32-bit
/// number, because a ``DatasetDescription`` of more rows is refused when it is read.
public struct SplitRows: Sendable {
  /// The split.
  public let split: Split
  /// Fields and domains.
  public let schema: Schema
  private let domains: [DomainColumns]
  private let locator: DomainLocator

  /// Maps and checks a split of a dataset.
  init(
    _ split: Split, of description: DatasetDescription, at directory: String
  ) throws(DatasetError) {
    self.split = split
    schema = description.schema
    var domains: [DomainColumns] = []
    for domain in description.domains.indices {
      domains.append(
        try DomainColumns(ofDomain: domain, split, of: description, at: directory))
    }
    self.domains = domains
    locator = DomainLocator(counts: domains.map(\.labels.count))
  }

  /// The number of rows.
  public var count: Int { locator.count }

  /// The number of domains, `D`.
  public var domainCount: Int { domains.count }

  /// The samples of one domain.
  public func samples(ofDomain domain: Int) -> Range<Int> { locator.samples(ofDomain: domain) }

  /// The domain of a sample.
  public func domain(ofSample sample: Int) -> Int { locator.domain(ofSample: sample) }

  /// The labels of one domain, 0 or 1, in the order of its samples.
  public func labels(ofDomain domain: Int) -> MappedColumn<UInt8> { domains[domain].labels }

  /// Gathers rows into a batch, ordered by domain and within a domain as they are given.
  ///
  /// After the first call with a batch, nothing is allocated.
  ///
  /// - Complexity: O(samples · fields + domains).
  public func fill(_ batch: inout Batch, with samples: ArraySlice<Int32>) {
    let first = samples.startIndex
    batch.arrange(
      count: samples.count, domainCount: domainCount,
      sample: { Int(samples[first + $0]) },
      domain: { locator.domain(ofSample: Int(samples[first + $0])) })
    gather(&batch)
  }

  /// Copies consecutive rows into a batch.
  ///
  /// - Complexity: O(samples · fields + domains).
  public func fill(_ batch: inout Batch, with samples: Range<Int>) {
    batch.arrange(
      count: samples.count, domainCount: domainCount,
      sample: { samples.lowerBound + $0 },
      domain: { locator.domain(ofSample: samples.lowerBound + $0) })
    gather(&batch)
  }

  /// Sets ids and labels of a batch whose samples are arranged.
  private func gather(_ batch: inout Batch) {
    precondition(
      batch.fieldCount == schema.fields.count,
      "a batch of \(batch.fieldCount) fields for rows of \(schema.fields.count)")
    batch.forEachArrangedRun { batch, domain, rows in
      let first = locator.samples(ofDomain: domain).lowerBound
      var stored = 0
      for field in 0..<batch.fieldCount {
        if field == schema.domainField {
          let start = field * batch.capacity
          for row in rows { batch.ids[start + row] = Int32(domain) }
        } else {
          let column = domains[domain].ids[stored]
          batch.gather(column.span, ofField: field, firstSample: first, into: rows)
          stored += 1
        }
      }
      let column = domains[domain].labels
      let labels = column.span
      for row in rows { batch.labels[row] = Float(labels[batch.samples[row] - first]) }
    }
  }
}
