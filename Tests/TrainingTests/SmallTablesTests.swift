import Testing
import Training

@Suite struct SmallTablesTests {
  @Test func `tables that all ranks use are small, tables larger than batches are not`() {
    func isSmall(_ rows: Int, ranks: Int = 4, _ summing: RowSumming = .published) -> Bool {
      SmallTables.isSmall(rows: rows, width: 8, ranks: ranks, batch: 1024, summing)
    }
    // 2 · 10 floats a row against (1 + 1) · 11: while a rank's part of the batch has a row for each.
    #expect(isSmall(2) && isSmall(256))
    // Beyond, 20 N against (256 + N) · 11.
    #expect(isSmall(312) && !isSmall(313))
    #expect(!isSmall(1024) && !isSmall(1_000_000))
    // One rank sends nothing at all.
    #expect(!isSmall(2, ranks: 1))
    // Nor do owners who keep the sums: 20 floats a row against 11.
    #expect(!isSmall(2, .byOwners))
  }

  @Test(arguments: [(2, 127), (4, 255), (8, 127), (64, 15)])
  func `ranks that see all rows share out tables of many blocks`(ranks: Int, largest: Int) {
    func isSmall(_ rows: Int) -> Bool {
      SmallTables.isSmall(rows: rows, width: 8, ranks: ranks, batch: 1024, .here)
    }
    // A block of 64 rows for each rank, or as many rows as a rank has of the batch.
    #expect(isSmall(1) && isSmall(largest) && !isSmall(largest + 1))
    #expect(!SmallTables.isSmall(rows: 1, width: 8, ranks: 1, batch: 1024, .here))
  }

  @Test func `how sums are made depends on who sees what`() {
    #expect(RowSumming(ranks: 4, onNode: 4, hasAllRows: true) == .here)
    #expect(RowSumming(ranks: 4, onNode: 4, hasAllRows: false) == .byOwners)
    #expect(RowSumming(ranks: 4, onNode: 2, hasAllRows: false) == .published)
  }
}
