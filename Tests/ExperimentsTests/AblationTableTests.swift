import Experiments
import Foundation
import Testing

@Suite struct AblationTableTests {
  private let table = AblationTable([
    .init(row: "none", column: "test|AUC", seed: 1, value: 0.8),
    .init(row: "moe", column: "test|AUC", seed: 1, value: 0.75),
    .init(row: "none", column: "test|AUC", seed: 2, value: 0.9),
    .init(row: "none", column: "seconds, all", seed: 1, value: 2),
    .init(row: "none", column: "test|AUC", seed: 3, value: 0.7),
  ])

  @Test func `cells hold the mean and the sample deviation`() throws {
    let cell = try #require(table[row: "none", column: "test|AUC"])
    #expect(cell.runs == 3)
    #expect(abs(cell.mean - 0.8) < 1e-15)
    // (0² + 0.1² + 0.1²) / 2 = 0.01; the tolerance is a few roundings of 0.1.
    #expect(abs(try #require(cell.standardDeviation) - 0.1) < 1e-15)
    #expect(table[row: "moe", column: "test|AUC"]?.standardDeviation == nil)
    #expect(table[row: "moe", column: "seconds, all"] == nil)
  }

  @Test func `rows and columns keep the order of their first entries`() {
    #expect(table.rows == ["none", "moe"])
    #expect(table.columns == ["test|AUC", "seconds, all"])
  }

  @Test func `the Markdown table shows what is there`() {
    #expect(
      table.markdown(decimals: 2) == """
        |  | test\\|AUC | seconds, all |
        | --- | ---: | ---: |
        | none | 0.80 ± 0.10 | 2.00 |
        | moe | 0.75 | – |
        """)
  }

  @Test func `the lines of text have a cell for each row and column`() {
    #expect(
      table.lines(decimals: 1) == [
        ["", "test|AUC", "seconds, all"], ["none", "0.8 ± 0.1", "2.0"], ["moe", "0.8", "–"],
      ])
  }

  @Test func `the JSON table has an object for each cell`() throws {
    let table = AblationTable([
      .init(row: "a", column: "x", seed: 0, value: 0.5),
      .init(row: "b", column: "y", seed: 0, value: 1),
      .init(row: "b", column: "y", seed: 1, value: 3),
    ])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(table), as: UTF8.self) == """
        {"cells":[{"column":"x","mean":0.5,"row":"a","runs":1,"standardDeviation":null},\
        {"column":"y","mean":2,"row":"b","runs":2,"standardDeviation":1.4142135623730951}],\
        "schemaVersion":1}
        """)
  }

  @Test func `the CSV table has a line for each cell`() {
    let table = AblationTable([
      .init(row: "a \"b\", c", column: "x", seed: 0, value: 0.5),
      .init(row: "d", column: "y", seed: 0, value: 1),
      .init(row: "d", column: "y", seed: 1, value: 3),
    ])
    #expect(
      table.csv == """
        row,column,runs,mean,standardDeviation
        "a ""b"", c",x,1,0.5,
        d,y,2,2.0,1.4142135623730951

        """)
  }

  @Test func `no entries give an empty table`() {
    #expect(AblationTable([]).markdown() == "|  |\n| --- |")
    #expect(AblationTable([]).csv == "row,column,runs,mean,standardDeviation\n")
  }

  @Test(arguments: [1, 2, 7, 16])
  func `equal figures have no deviation`(runs: Int) {
    let table = AblationTable(
      (0..<runs).map { .init(row: "a", column: "b", seed: UInt64($0), value: 0.5) })
    #expect(table[row: "a", column: "b"]?.mean == 0.5)
    #expect(table[row: "a", column: "b"]?.standardDeviation == (runs == 1 ? nil : 0))
  }

  @Test func `two figures of one seed are a mistake`() async {
    await #expect(processExitsWith: .failure) {
      let entry = AblationTable.Entry(row: "a", column: "b", seed: 1, value: 0)
      _ = AblationTable([entry, entry])
    }
  }
}
