import Foundation
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

  @Test(arguments: GoldenCurve.combinations)
  func `losses follow the curve that was noted`(
    backbone: BackboneKind, adaptation: Adaptation
  ) throws {
    let found = try GoldenCurve(backbone, adaptation)
    let noted = try #require(
      GoldenCurve.noted().first { $0.backbone == backbone && $0.adaptation == adaptation })
    #expect(!noted.training.isEmpty && !noted.validation.isEmpty)
    #expect(
      tolerance.misses(found.training.map { Float($0) }, for: noted.training, "training") == [])
    #expect(
      tolerance.misses(found.validation.map { Float($0) }, for: noted.validation, "validation")
        == [])
  }

  /// Run with `MOE_MLORA_NOTE_CURVES=1` when results are meant to change.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["MOE_MLORA_NOTE_CURVES"] == "1"))
  func `curves are noted anew`() throws {
    try GoldenCurve.note(
      GoldenCurve.combinations.map { try GoldenCurve($0.backbone, $0.adaptation) })
  }
}
