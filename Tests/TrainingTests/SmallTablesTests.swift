import Testing
import Training

@Suite struct SmallTablesTests {
  @Test func `tables that all ranks use are small, tables larger than batches are not`() {
    func isSmall(_ rows: Int, ranks: Int = 4, publishes: Bool = true) -> Bool {
      SmallTables.isSmall(
        rows: rows, width: 8, ranks: ranks, batch: 1024, publishes: publishes)
    }
    // 2 · 10 floats a row against (1 + 1) · 11: while a rank's part of the batch has a row for each.
    #expect(isSmall(2) && isSmall(256))
    // Beyond, 20 N against (256 + N) · 11.
    #expect(isSmall(312) && !isSmall(313))
    #expect(!isSmall(1024) && !isSmall(1_000_000))
    // One rank sends nothing at all.
    #expect(!isSmall(2, ranks: 1))
    // Nor do owners who keep the sums: 20 floats a row against 11.
    #expect(!isSmall(2, publishes: false))
  }
}
