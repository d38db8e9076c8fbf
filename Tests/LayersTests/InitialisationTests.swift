import Kernels
import Layers
import Reference
import Testing

@Suite struct InitialisationTests {
  private static let count = 400 * 500

  @Test func `Glorot normal values have their deviation after truncation`() {
    let values = draw(.glorotNormal(inputs: 400, outputs: 500))
    let deviation = (2.0 / 900).squareRoot()
    expectMoments(values, deviation: deviation)
    // Truncated at two deviations of the distribution before truncation, and filled up to there.
    let limit = 2 * deviation / 0.87962566
    #expect(values.allSatisfy { abs($0) <= limit * 1.000001 })
    #expect(values.contains { abs($0) > limit * 0.99 })
    // The normal distribution has 71.5 % of what is within two deviations within one.
    let inner = Double(values.count { abs($0) <= limit / 2 }) / Double(values.count)
    #expect(abs(inner - 0.682689492 / 0.954499736) <= 5 * (0.2 / Double(values.count)).squareRoot())
  }

  @Test func `positive Glorot normal values are the absolute ones of Glorot normal values`() {
    let signed = draw(.glorotNormal(inputs: 4, outputs: 5))
    #expect(draw(.positiveGlorotNormal(inputs: 4, outputs: 5)) == signed.map(abs))
    #expect(Set(signed.map { $0 > 0 }) == [false, true])
  }

  @Test func `normal values are not truncated`() {
    let values = draw(.normal(deviation: 0.01))
    expectMoments(values, deviation: 0.01)
    let outer = Double(values.count { abs($0) > 0.02 }) / Double(values.count)
    #expect(abs(outer - 0.045500264) <= 5 * (0.0434 / Double(values.count)).squareRoot())
    #expect(values.contains { abs($0) > 0.035 })
  }

  @Test func `truncated normal values end at two deviations and are not rescaled`() {
    let values = draw(.truncatedNormal(deviation: 0.05))
    expectMoments(values, deviation: 0.05 * 0.87962566)
    #expect(values.allSatisfy { abs($0) <= 0.1 * 1.000001 })
    #expect(values.contains { abs($0) > 0.099 })
  }

  @Test func `Glorot uniform values fill their interval evenly`() {
    expectUniform(
      draw(.glorotUniform(inputs: 400, outputs: 500)), limit: (6.0 / 900).squareRoot())
  }

  @Test func `uniform values fill their interval evenly`() {
    expectUniform(draw(.uniform(limit: 0.05)), limit: 0.05)
  }

  @Test func `constants and diagonals are exact`() {
    #expect(draw(.constant(0.5), rows: 2, columns: 3) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    #expect(draw(.diagonal(2), rows: 2, columns: 3) == [2, 0, 0, 0, 2, 0])
  }

  @Test func `a tensor starts the same whatever else there is`() {
    let alone = draw(.normal(deviation: 1), rows: 3, columns: 5)
    var plan = ParameterPlan()
    _ = plan.reserve("before", rows: 9, columns: 9, .normal(deviation: 1))
    let slot = plan.reserve("tensor", rows: 3, columns: 5, .normal(deviation: 1))
    var buffer = Buffer(plan.layout)
    plan.initialise(&buffer, seed: 1)
    #expect(floats(of: buffer.span(slot)).map(Double.init) == alone)
  }

  @Test func `other names and other seeds start differently`() {
    let values = draw(.normal(deviation: 1), rows: 3, columns: 5)
    #expect(draw(.normal(deviation: 1), rows: 3, columns: 5, name: "other") != values)
    #expect(draw(.normal(deviation: 1), rows: 3, columns: 5, seed: 2) != values)
    #expect(draw(.normal(deviation: 1), rows: 3, columns: 5) == values)
  }

  @Test(arguments: [
    Initialisation.constant(0.5), .normal(deviation: 1), .truncatedNormal(deviation: 1),
    .uniform(limit: 2), .glorotNormal(inputs: 3, outputs: 4),
    .positiveGlorotNormal(inputs: 3, outputs: 4), .glorotUniform(inputs: 3, outputs: 4),
    .diagonal(2), .ownDomainLogits(share: 0.5),
  ])
  func `a part of a tensor starts as the whole does`(initialisation: Initialisation) {
    var plan = ParameterPlan()
    _ = plan.reserve("before", rows: 2, columns: 2, .constant(0))
    let slot = plan.reserve("tensor", rows: 3, columns: 5, initialisation)
    var whole = Buffer(plan.layout)
    plan.initialise(&whole, seed: 1)
    let initial = plan.initialValues(ofEntry: 1, seed: 1)
    for first in 0..<slot.count {
      var part = Buffer(count: min(4, slot.count - first))
      var values = part.mutableSpan
      initial.fill(&values, from: first)
      let start = slot.offset + first
      #expect(
        floats(of: part.span) == floats(of: whole.span(start..<start + part.count)), "\(first)")
    }
  }

  private func draw(
    _ initialisation: Initialisation, rows: Int = 400, columns: Int = 500, name: String = "tensor",
    seed: UInt64 = 1
  ) -> [Double] {
    var plan = ParameterPlan()
    let slot = plan.reserve(name, rows: rows, columns: columns, initialisation)
    var buffer = Buffer(plan.layout)
    plan.initialise(&buffer, seed: seed)
    return floats(of: buffer.span(slot)).map(Double.init)
  }

  /// Expects mean zero and a deviation, each within five standard errors; a normal distribution's
  /// standard error of the deviation is the largest of those drawn here.
  private func expectMoments(
    _ values: [Double], deviation: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(mean) <= 5 * deviation / count.squareRoot(), sourceLocation: sourceLocation)
    #expect(
      abs(variance.squareRoot() / deviation - 1) <= 5 / (2 * count).squareRoot(),
      sourceLocation: sourceLocation)
  }

  private func expectUniform(
    _ values: [Double], limit: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectMoments(values, deviation: limit / 3.0.squareRoot(), sourceLocation: sourceLocation)
    #expect(values.allSatisfy { abs($0) <= limit * 1.000001 }, sourceLocation: sourceLocation)
    for sign in [-1.0, 1] {
      #expect(values.contains { sign * $0 > 0.999 * limit }, sourceLocation: sourceLocation)
    }
  }
}
