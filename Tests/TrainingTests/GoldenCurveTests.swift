import Models
import Reference
import Testing
import Training

@Suite struct GoldenCurveTests {
  /// How far a loss may be off.
  ///
  /// Mathematical library and matrix product round differently on other processors; over 27 steps a
  /// phase that moves losses in the seventh digit. The same bytes are asked for on one machine only,
  /// by the tests of rank invariance.
  private let tolerance = Tolerance(absolute: 0, relative: 1e-5)

  @Test(arguments: GoldenCurve.all)
  func `losses follow the curve that was noted`(curve: GoldenCurve) throws {
    let finished = try Finished(TinyRun(curve.backbone, curve.adaptation), TinyData())
    let training = finished.records.compactMap(\.trainingLoss)
    let validation = finished.records.compactMap(\.validation.logLoss)
    #expect(tolerance.misses(training.map { Float($0) }, for: curve.training, "training") == [])
    #expect(
      tolerance.misses(validation.map { Float($0) }, for: curve.validation, "validation") == [])
  }

  @Test func `there is a curve for each backbone and adaptation`() {
    let combinations = GoldenCurve.all.map { "\($0.backbone) \($0.adaptation)" }
    #expect(
      Set(combinations).count == TinyRun.backbones.count * TinyRun.adaptations.count)
  }
}
