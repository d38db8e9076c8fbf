import Testing
import Training

@Suite struct RowOwnersTests {
  @Test(arguments: [1, 2, 3, 4, 7, 8, 1000])
  func `every row has one owner, and owners count their rows in order`(ranks: Int) {
    for owners in [RowOwners.rowByRow(ranks: ranks), .blockByBlock(ranks: ranks)] {
      var counts = [Int](repeating: 0, count: ranks)
      for row in 0..<3000 {
        let (owner, place) = (owners.owner(ofRow: row), owners.place(ofRow: row))
        #expect(owner == row / owners.blockRows % ranks)
        #expect(place == counts[owner], "row \(row)")
        #expect(owners.row(at: place, ofRank: owner) == row)
        counts[owner] += 1
        if row % 97 == 0 {
          #expect(
            (0..<ranks).map { owners.count(ofRank: $0, amongFirst: row + 1) } == counts)
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 1023, 65_535])
  func `the largest rows there can be are divided exactly`(ranks: Int) {
    let owners = RowOwners.rowByRow(ranks: ranks)
    let last = Int(Int32.max)
    for row in [0, ranks - 1, ranks, last / ranks * ranks, last / ranks * ranks - 1, last] {
      #expect(owners.owner(ofRow: row) == row % ranks)
      #expect(owners.place(ofRow: row) == row / ranks)
    }
  }
}
