import Datasets
import Features
import Kernels
import Testing

@Suite struct SplitRowsTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// One row, the obvious way.
  private struct Row: Hashable {
    var ids: [Int32]
    var label: Float
    var sample: Int
    var domain: Int32
  }

  /// All rows of a split in the order of their samples.
  private func rows(of contents: DatasetContents, _ split: Split) -> [Row] {
    var rows: [Row] = []
    for domain in contents.schema.domainNames.indices {
      let columns = contents.rows(ofDomain: domain, split)
      for row in 0..<columns.count {
        var ids = columns.ids.map { $0[row] }
        ids.insert(Int32(domain), at: contents.schema.domainField)
        rows.append(
          Row(
            ids: ids, label: Float(columns.labels[row]), sample: rows.count, domain: Int32(domain)))
      }
    }
    return rows
  }

  /// The rows of a batch.
  private func rows(of batch: Batch) -> [Row] {
    (0..<batch.count).map { row in
      Row(
        ids: (0..<batch.fieldCount).map { batch.ids[$0 * batch.capacity + row] },
        label: batch.labels[row], sample: batch.samples[row], domain: batch.domains[row])
    }
  }

  @Test(arguments: [[40], [30, 500, 11, 64], Array(repeating: 12, count: 33)], [1, 2, 6])
  func `a filled batch holds the rows asked for, stably ordered by domain`(
    rowCounts: [Int], fieldCount: Int
  ) throws {
    let contents = try ExampleData(rowCounts: rowCounts, fieldCount: fieldCount).contents()
    try contents.write(to: directory.file("dataset"))
    let dataset = try Dataset(directory: directory.file("dataset"))
    var batch = Batch(capacity: 1024, fieldCount: fieldCount + 1)
    for split in Split.allCases {
      let expected = rows(of: contents, split)
      let splitRows = dataset.rows(of: split)
      let stream = RandomStream(seed: 8, purpose: .shuffle)
      for count in [0, 1, 7, 255, 256, 257, 1024] {
        let samples = (0..<count).map {
          Int32(stream.derived(count).integer(below: expected.count, at: $0))
        }
        // A slice that does not start at zero, as shards do not.
        let slice = ([0, 0] + samples)[2...]
        splitRows.fill(&batch, with: slice)
        // Swift's sort is stable.
        let ordered = samples.map { expected[Int($0)] }.sorted { $0.domain < $1.domain }
        #expect(rows(of: batch) == ordered)
        for domain in rowCounts.indices {
          let run = batch.domainStarts[domain]..<batch.domainStarts[domain + 1]
          #expect(run.count == ordered.count { $0.domain == domain })
        }
      }
      let middle = expected.count / 3..<expected.count / 2
      splitRows.fill(&batch, with: middle)
      #expect(rows(of: batch) == Array(expected[middle]))
    }
  }

  @Test(arguments: [1, 7, 63, 64, 65, 5000])
  func `blocks cover each domain in order`(blockRows: Int) throws {
    try ExampleData(rowCounts: [320, 10, 325]).contents().write(to: directory.file("dataset"))
    let rows = try Dataset(directory: directory.file("dataset")).rows(of: .validation)
    let blocks = rows.blocks(ofRows: blockRows)
    #expect(blocks.flatMap { Array($0.samples) } == Array(0..<rows.count))
    for block in blocks {
      let domain = rows.samples(ofDomain: block.domain)
      #expect(block.samples.clamped(to: domain) == block.samples)
      #expect(block.samples.count == blockRows || block.samples.upperBound == domain.upperBound)
    }
  }
}
