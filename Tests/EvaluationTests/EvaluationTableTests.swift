import Evaluation
import Foundation
import Testing

@Suite struct EvaluationTableTests {
  /// Two ordinary domains, one with a single class and one without rows.
  static var table: EvaluationTable {
    let splits: [(domain: Int, name: String, logits: [Float], labels: [UInt8])] = [
      (0, "F", [1, -1, 0, 0], [1, 0, 0, 1]), (2, "unknown", [0, 2], [1, 0]), (3, "M", [0], [0]),
      (5, "-", [], []),
    ]
    var table = EvaluationTable()
    for split in splits {
      table.append(
        domain: split.domain, name: split.name, logits: split.logits.span,
        labels: split.labels.span)
    }
    return table
  }

  @Test func `a record holds the figures of its rows`() {
    let record = EvaluationTableTests.table.domains[0]
    #expect(record.domain == 0 && record.name == "F" && record.rows == 4 && record.positives == 2)
    #expect(record.auc == 0.875)  // of four pairs three are won and one ties
    #expect(record.logLoss == (2 * log1p(exp(-1)) + 2 * log(2)) / 4)
    #expect(record.calibration == 1)
  }

  @Test func `averages take the domains that have the figure`() throws {
    let table = EvaluationTableTests.table
    #expect(table.rows == 7 && table.positives == 3)
    #expect(table.domains.map(\.auc) == [0.875, 0, nil, nil])
    #expect(table.meanAUC == 0.875 / 2)
    #expect(table.weightedAUC == 4 * 0.875 / 6)
    // The rows cost softplus(-1) twice, log 2 four times and softplus(2) once.
    let sum: Double = 2 * log1p(exp(-1)) + 4 * log(2) + (2 + log1p(exp(-2)))
    let logLoss = try #require(table.logLoss)
    #expect(abs(logLoss - sum / 7) < 1e-15)  // sums of a few terms near 1
  }

  @Test func `an empty table has no averages`() {
    let table = EvaluationTable()
    #expect(table.meanAUC == nil && table.weightedAUC == nil && table.logLoss == nil)
    #expect(table.words.isEmpty)
  }

  @Test func `JSON has the documented keys and null for what is undefined`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let table = EvaluationTable(domains: [
      DomainMetrics(
        domain: 0, name: "F", rows: 4, positives: 1, auc: 0.75, logLoss: 0.5, calibration: 1.25),
      DomainMetrics(
        domain: 1, name: "M", rows: 0, positives: 0, auc: nil, logLoss: nil, calibration: nil),
    ])
    let json = String(decoding: try encoder.encode(table), as: UTF8.self)
    #expect(
      json == """
        {"domains":[\
        {"auc":0.75,"calibration":1.25,"domain":0,"logLoss":0.5,"name":"F","positives":1,"rows":4},\
        {"auc":null,"calibration":null,"domain":1,"logLoss":null,"name":"M","positives":0,"rows":0}\
        ],"logLoss":0.5,"meanAUC":0.75,"weightedAUC":0.75}
        """)
    let empty = String(decoding: try encoder.encode(EvaluationTable()), as: UTF8.self)
    #expect(empty == #"{"domains":[],"logLoss":null,"meanAUC":null,"weightedAUC":null}"#)
  }

  @Test func `JSON gives back the same table`() throws {
    let table = EvaluationTableTests.table
    let data = try JSONEncoder().encode(table)
    #expect(try JSONDecoder().decode(EvaluationTable.self, from: data) == table)
  }

  @Test func `words give back the same table bit by bit`() {
    let table = EvaluationTableTests.table
    let words = table.words
    #expect(words.count == EvaluationTable.wordCount(domains: 4))
    let names = ["F", "", "unknown", "M", "", "-"]
    let restored = EvaluationTable(words: words, names: names)
    #expect(restored == table)
    #expect(restored.words.map(\.bitPattern) == words.map(\.bitPattern))
  }
}
