public import Kernels

/// The last layer, `z = [f; s] · w + β`, with features `f` `[B, N]`, `s` `[B, I]`, `w` `[N + I]` and one global
/// bias.
///
/// Most models have no features beside the tower's output `s`.
///
/// - Source: DeepCTR 0.9.0: a head without a bias of its own, and one global bias.
public struct OutputHead: Sendable {
  /// `w`, `[N + I, 1]`.
  public let weight: Slot
  /// `β`, `[1, 1]`.
  public let bias: Slot
  /// The number of features, `N`.
  private let features: Int

  /// Reserves the tensors as `<name>.weight` and `<name>.bias`.
  public init(
    _ name: String = "head", features: Int = 0, inputs: Int, in plan: inout ParameterPlan
  ) {
    self.features = features
    let rows = features + inputs
    weight = plan.reserve(
      "\(name).weight", rows: rows, columns: 1, .glorotNormal(inputs: rows, outputs: 1))
    bias = plan.reserve("\(name).bias", columns: 1, .constant(0))
  }

  /// The parameters of both tensors, which lie one behind the other.
  var range: Range<Int> { weight.offset..<bias.range.upperBound }

  /// The weights of the features, and those of `s`.
  private var featureWeights: Range<Int> { 0..<features }
  private var inputWeights: Range<Int> { features..<weight.rows }

  /// Adds `s · w + β` to the logits, the first row's to the one at `start`.
  public func forward(
    _ s: Matrix, parameters: borrowing Buffer, into logits: inout MutableSpan<Float>,
    at start: Int = 0
  ) {
    precondition(
      start >= 0 && start + s.rows <= logits.count,
      "\(s.rows) rows at \(start) into \(logits.count) logits")
    let w = parameters.span(weight).extracting(inputWeights)
    let beta = parameters.span(bias)[0]
    for row in 0..<s.rows { logits[start + row] += dot(s[row: row], w) + beta }
  }

  /// Adds `f · w` to the logits.
  public func addFeatures(
    _ f: Matrix, parameters: borrowing Buffer, into logits: inout MutableSpan<Float>
  ) {
    precondition(f.rows == logits.count, "\(f.rows) rows into \(logits.count) logits")
    let w = parameters.span(weight).extracting(featureWeights)
    for row in 0..<f.rows { logits[row] += dot(f[row: row], w) }
  }

  /// Computes `dw = sᵀ dz` of the weights of `s`, and `dβ = Σ dz`.
  public func accumulate(_ s: Matrix, logitGradient dz: Span<Float>, gradients: inout Buffer) {
    precondition(s.rows == dz.count, "\(s.rows) rows for \(dz.count) logit gradients")
    accumulate(s, inputWeights, dz, gradients: &gradients)
    var sum: Float = 0
    for row in 0..<dz.count { sum += dz[row] }
    var biasGradient = gradients.mutableSpan(bias)
    biasGradient[0] = sum
  }

  /// Computes `dw = fᵀ dz` of the features' weights.
  public func accumulateFeatures(
    _ f: Matrix, logitGradient dz: Span<Float>, gradients: inout Buffer
  ) {
    precondition(f.rows == dz.count, "\(f.rows) rows for \(dz.count) logit gradients")
    accumulate(f, featureWeights, dz, gradients: &gradients)
  }

  private func accumulate(
    _ x: Matrix, _ weights: Range<Int>, _ dz: Span<Float>, gradients: inout Buffer
  ) {
    let start = weight.offset + weights.lowerBound
    var weightGradient = gradients.mutableSpan(start..<start + weights.count)
    fill(&weightGradient, with: 0)
    for row in 0..<x.rows { axpy(dz[row], x[row: row], into: &weightGradient) }
  }

  /// Computes `ds = dz · wᵀ`.
  public func inputGradient(
    logitGradient dz: Span<Float>, parameters: borrowing Buffer, into ds: inout MutableMatrix
  ) {
    spread(dz, parameters.span(weight).extracting(inputWeights), into: &ds)
  }

  /// Computes `df = dz · wᵀ`.
  public func featureGradient(
    logitGradient dz: Span<Float>, parameters: borrowing Buffer, into df: inout MutableMatrix
  ) {
    spread(dz, parameters.span(weight).extracting(featureWeights), into: &df)
  }

  private func spread(
    _ dz: Span<Float>, _ w: Span<Float>, into dx: inout MutableMatrix
  ) {
    precondition(dx.rows == dz.count, "\(dx.rows) rows for \(dz.count) logit gradients")
    for row in 0..<dx.rows {
      var span = dx[row: row]
      scale(w, by: dz[row], into: &span)
    }
  }
}
