import Datasets
import Kernels
import Testing

@Suite struct SplitTests {
  @Test(arguments: [
    (0, 0, 0, 0), (2, 1, 0, 1), (3, 1, 1, 1), (4, 2, 1, 1), (5, 3, 1, 1), (6, 3, 1, 2),
    (7, 4, 1, 2), (8, 4, 2, 2), (9, 5, 2, 2), (10, 6, 2, 2), (11, 6, 2, 3), (12, 7, 2, 3),
    (246_440, 147_864, 49_288, 49_288), (753_769, 452_261, 150_754, 150_754),
  ])
  func `sizes follow the two-stage rule`(count: Int, train: Int, validation: Int, test: Int) {
    let sizes = SplitSizes(of: count)
    #expect(Split.allCases.map { sizes[$0] } == [train, validation, test])
  }

  @Test(arguments: 0...300)
  func `labels are shared out in proportion and every size is exact`(count: Int) {
    let stream = RandomStream(seed: 4, purpose: .synthesis).derived(count)
    for positiveShare in [0.0, 0.05, 0.5, 0.93, 1.0] {
      let labels = (0..<count).map { UInt8(stream.uniform(at: $0) < positiveShare ? 1 : 0) }
      let splits = StratifiedSplit(seed: 9).splits(ofDomain: 2, labels: labels)
      let sizes = SplitSizes(of: count)
      let positives = labels.count { $0 == 1 }
      for split in Split.allCases {
        let rows = splits.indices.filter { splits[$0] == split }
        #expect(rows.count == sizes[split])
        let found = Double(rows.count { labels[$0] == 1 })
        let ideal = Double(sizes[split] * positives) / Double(max(1, count))
        // Half a row of rounding in either stage.
        #expect(abs(found - ideal) <= 1)
      }
    }
  }

  @Test func `the split depends on seed and domain alone`() {
    let labels = (0..<1000).map { UInt8($0 % 4 == 0 ? 1 : 0) }
    let first = StratifiedSplit(seed: 1).splits(ofDomain: 0, labels: labels)
    #expect(first == StratifiedSplit(seed: 1).splits(ofDomain: 0, labels: labels))
    #expect(first != StratifiedSplit(seed: 2).splits(ofDomain: 0, labels: labels))
    #expect(first != StratifiedSplit(seed: 1).splits(ofDomain: 1, labels: labels))
  }
}
