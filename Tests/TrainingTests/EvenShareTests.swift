import Kernels
import Testing
import Training

@Suite struct EvenShareTests {
  @Test func `the largest that is left goes to the smallest part, of equals to the last one`() {
    // 9 to the last of two empty parts, 7 to the first one, 4 too (7 < 9), 3 to the last (9 < 11), 1 to the first.
    #expect(evenShare(ofPart: 0, of: 2, sizes: [3, 9, 1, 7, 4]) == [2, 3, 4])
    #expect(evenShare(ofPart: 1, of: 2, sizes: [3, 9, 1, 7, 4]) == [0, 1])
    #expect(evenShare(ofPart: 0, of: 1, sizes: [3, 9]) == [0, 1])
    #expect(evenShare(ofPart: 0, of: 3, sizes: [5, 5]) == [])
  }

  @Test func `all is in one of the parts, and none is larger than another by more than one size`() {
    let stream = RandomStream(seed: 3, purpose: .synthesis)
    for round in 0..<200 {
      let sizes = (0..<stream.integer(below: 40, at: 100 * round)).map {
        stream.integer(below: 1000, at: 100 * round + 1 + $0)
      }
      let count = 1 + stream.integer(below: 9, at: 100 * round + 99)
      let shares = (0..<count).map { evenShare(ofPart: $0, of: count, sizes: sizes) }
      #expect(shares.joined().sorted() == Array(sizes.indices))
      #expect(shares.allSatisfy { $0 == $0.sorted() })
      let totals = shares.map { $0.reduce(0) { $0 + sizes[$1] } }
      let spread = (totals.max() ?? 0) - (totals.min() ?? 0)
      #expect(spread <= sizes.max() ?? 0, "\(sizes) in \(count) parts")
    }
  }
}
