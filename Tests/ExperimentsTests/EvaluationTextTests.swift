import Evaluation
import Experiments
import Testing

@Suite struct EvaluationTextTests {
  @Test func `the text aligns its columns and marks what is undefined`() {
    let table = EvaluationTable(domains: [
      DomainMetrics(
        domain: 0, name: "F", rows: 49_328, positives: 999, auc: 0.80865, logLoss: 0.5,
        calibration: 1.0004),
      DomainMetrics(
        domain: 1, name: "25-34 years", rows: 1_234_567, positives: 1_000, auc: 1,
        logLoss: 12.34567, calibration: 0.05),
      DomainMetrics(
        domain: 2, name: "none", rows: 0, positives: 0, auc: nil, logLoss: nil, calibration: nil),
    ])
    #expect(
      table.text == """
        domain            rows  positives     AUC  log-loss  calibration
        F               49,328        999  0.8087    0.5000        1.000
        25-34 years  1,234,567      1,000  1.0000   12.3457        0.050
        none                 0          0       -         -            -
        mean                               0.9043
        weighted     1,283,895      1,999  0.9926   11.8906
        """)
  }

  @Test func `the text of an empty table is its header and averages`() {
    #expect(
      EvaluationTable().text == """
        domain    rows  positives  AUC  log-loss  calibration
        mean                         -
        weighted     0          0    -         -
        """)
  }
}
