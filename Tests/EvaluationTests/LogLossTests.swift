import Evaluation
import Foundation
import Kernels
import Testing

@Suite struct LogLossTests {
  /// The textbook formula from the probability.
  static func slowLogLoss(_ logits: [Float], _ labels: [UInt8]) -> Double {
    let terms = zip(logits, labels).map { logit, label in
      let probability = 1 / (1 + exp(-Double(logit)))
      return -log(label == 1 ? probability : 1 - probability)
    }
    return terms.reduce(0, +) / Double(terms.count)
  }

  @Test func `a logit of zero costs the logarithm of two`() {
    let logits: [Float] = [0, 0, 0]
    #expect(logLoss(logits, [0, 1, 1]) == log(2))
  }

  @Test(arguments: [1, 2, 7, 15, 16, 17, 1024])
  func `the loss is the textbook formula for moderate logits`(count: Int) throws {
    let stream = RandomStream(seed: 1, purpose: .synthesis)
    let logits = (0..<count).map { Float(4 * stream.normal(at: $0)) }
    let labels = AUCTests.labels(count: count)
    let loss = try #require(logLoss(logits, labels))
    // The slow form loses about e^|z| ulp in 1 - p, and |z| stays below 20.
    #expect(abs(loss - LogLossTests.slowLogLoss(logits, labels)) < 1e-8)
  }

  @Test func `large logits neither overflow nor vanish`() {
    let labels: [UInt8] = [0, 1]
    let wrong: [Float] = [1e30, -1e30]
    #expect(logLoss(wrong, labels) == Double(Float(1e30)))
    let right: [Float] = [-40, 40]
    #expect(logLoss(right, labels) == log1p(exp(-40)))
    let certain: [Float] = [-.infinity, .infinity]
    #expect(logLoss(certain, labels) == 0)
  }

  @Test func `no rows have no loss`() {
    #expect(logLoss([], []) == nil)
  }

  @Test func `predicting the observed share is calibrated`() throws {
    let logits = [Float](repeating: Float(log(0.25 / 0.75)), count: 4)
    let ratio = try #require(
      calibration(logits, [0, 0, 1, 0]))
    #expect(abs(ratio - 1) < 1e-7)  // the logit is rounded to a float
  }

  @Test func `predicting twice the observed share gives two`() {
    let logits: [Float] = [0, 0, 0, 0]
    #expect(calibration(logits, [0, 0, 1, 0]) == 2)
  }

  @Test func `without positive rows nothing is calibrated`() {
    #expect(calibration([], []) == nil)
    #expect(calibration([1], [0]) == nil)
  }
}
