public import Kernels

/// Adam in the form of TensorFlow 1, over ranges of a parameter buffer.
///
/// `t += 1`, `m = β1 m + (1 - β1) g`, `v = β2 v + (1 - β2) g²`,
/// `w -= η sqrt(1 - β2^t) / (1 - β1^t) · m / (sqrt(v) + ε)`, with one `t` for all parameters. An L2 penalty
/// `λ w²` is part of the gradient: `g + 2 λ w`.
///
/// A range that a step does not update keeps its parameters and moments to the bit.
///
/// - Source: Kingma and Ba, “Adam”, 2015, the form before section 2.1, as in TensorFlow 1.
public struct Adam: ~Copyable, Sendable {
  /// The hyperparameters.
  public let configuration: AdamConfiguration
  /// The steps taken, `t`.
  public private(set) var step = 0
  /// `η sqrt(1 - β2^t) / (1 - β1^t)`.
  private var stepSize: Float = 0
  /// The first moments `m` of the range's parameters.
  package private(set) var firstMoments: Buffer
  /// The second moments `v`.
  package private(set) var secondMoments: Buffer
  /// The first parameter that has moments, unless an update says where they are.
  private let start: Int

  /// Creates the state for the parameters of a range; nothing outside can be updated.
  public init(_ configuration: AdamConfiguration, for range: Range<Int>) {
    self.configuration = configuration
    start = range.lowerBound
    firstMoments = Buffer(count: range.count)
    secondMoments = Buffer(count: range.count)
  }

  /// Lends the moments, to change: first the first ones, then the second ones.
  package mutating func withMoments<Failure: Error>(
    _ body: (_ first: inout Buffer, _ second: inout Buffer) throws(Failure) -> Void
  ) throws(Failure) {
    try body(&firstMoments, &secondMoments)
  }

  /// Goes on from a step whose moments `body` writes: first the first ones, then the second ones.
  package mutating func restore(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void
  ) {
    self.step = step
    body(&firstMoments, &secondMoments)
  }

  /// Begins a step: all updates until the next call belong to it.
  public mutating func beginStep() {
    step += 1
    // In double precision: 1 - β2 is one thousandth at the first step.
    let (beta1, beta2) = (Double(configuration.beta1), Double(configuration.beta2))
    let correction = (1 - power(beta2, step)).squareRoot() / (1 - power(beta1, step))
    stepSize = Float(Double(configuration.learningRate) * correction)
  }

  /// Updates the parameters of a range, given their gradients.
  ///
  /// `l2` is the factor `λ` of the squared parameters in the loss.
  public mutating func update(
    _ range: Range<Int>, of parameters: inout Buffer, gradients: Span<Float>, l2: Float = 0
  ) {
    update(
      range, of: &parameters, moments: range.lowerBound - start..<range.upperBound - start,
      gradients: gradients, l2: l2)
  }

  /// Updates the parameters of a range whose moments lie elsewhere among all moments.
  ///
  /// `moments` is the range of the moments, counted from the first of them.
  package mutating func update(
    _ range: Range<Int>, of parameters: inout Buffer, moments: Range<Int>,
    gradients: Span<Float>, l2: Float
  ) {
    precondition(step > 0, "an update before the first step")
    precondition(
      gradients.count == range.count, "\(gradients.count) gradients for \(range.count) parameters")
    let step = AdamStep(
      stepSize: stepSize, beta1: configuration.beta1, beta2: configuration.beta2,
      epsilon: configuration.epsilon, weightDecay: 2 * l2)
    step.apply(
      gradients: gradients, range: range, of: &parameters, moments: moments,
      first: &firstMoments, second: &secondMoments)
  }
}

/// `base` to a whole power, by repeated squaring: the same bits everywhere.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, factor, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= factor }
    factor *= factor
    rest >>= 1
  }
  return result
}

extension AdamStep {
  /// Applies the step to a range of parameters and the range of moments that belongs to it.
  fileprivate func apply(
    gradients: Span<Float>, range: Range<Int>, of parameters: inout Buffer, moments: Range<Int>,
    first: inout Buffer, second: inout Buffer
  ) {
    var values = parameters.mutableSpan(range)
    var firstMoments = first.mutableSpan(moments)
    var secondMoments = second.mutableSpan(moments)
    apply(
      gradients: gradients, parameters: &values, firstMoments: &firstMoments,
      secondMoments: &secondMoments)
  }
}
