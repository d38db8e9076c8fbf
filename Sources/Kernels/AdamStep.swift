internal import CKernels

/// The numbers of one Adam step, the bias correction included in the step size.
public struct AdamStep: Sendable {
  /// `learningRate · sqrt(1 - β2^t) / (1 - β1^t)`.
  public var stepSize: Float
  /// The decay of the first moment.
  public var beta1: Float
  /// The decay of the second moment.
  public var beta2: Float
  /// What keeps the quotient finite, outside the bias correction.
  public var epsilon: Float
  /// The factor of the parameter in its own gradient: `2 λ` for a penalty `λ w²`.
  public var weightDecay: Float

  /// Creates the numbers of one step.
  public init(stepSize: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float) {
    self.stepSize = stepSize
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Applies the step to a run of parameters.
  ///
  /// `h = g + weightDecay · w`, `m = β1 m + (1 - β1) h`, `v = β2 v + (1 - β2) h²`,
  /// `w -= stepSize · m / (sqrt(v) + ε)`.
  public func apply(
    gradients: Span<Float>, parameters: inout MutableSpan<Float>,
    firstMoments: inout MutableSpan<Float>, secondMoments: inout MutableSpan<Float>
  ) {
    let count = gradients.count
    precondition(
      parameters.count == count && firstMoments.count == count && secondMoments.count == count,
      "\(count) gradients for \(parameters.count) parameters")
    let (gExtent, wExtent) = (gradients.extent, parameters.extent)
    let (mExtent, vExtent) = (firstMoments.extent, secondMoments.extent)
    precondition(
      !gExtent.overlaps(wExtent) && !gExtent.overlaps(mExtent) && !gExtent.overlaps(vExtent)
        && !wExtent.overlaps(mExtent) && !wExtent.overlaps(vExtent) && !mExtent.overlaps(vExtent),
      "gradients, parameters or moments overlap")
    let settings = ck_adam(
      step_size: stepSize, beta1: beta1, beta2: beta2, epsilon: epsilon, l2: weightDecay)
    guard let g = unsafe gradients.start, let w = unsafe parameters.start,
      let m = unsafe firstMoments.start, let v = unsafe secondMoments.start
    else { return }
    unsafe ck_adam(count, settings, g, w, m, v)
  }
}
