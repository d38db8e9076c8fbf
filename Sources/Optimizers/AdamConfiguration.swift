/// The hyperparameters of Adam.
public struct AdamConfiguration: Hashable, Sendable {
  /// The learning rate.
  public var learningRate: Float = 1e-3
  /// The decay of the first moment.
  public var beta1: Float = 0.9
  /// The decay of the second moment.
  public var beta2: Float = 0.999
  /// What keeps the quotient finite, outside the bias correction.
  public var epsilon: Float = 1e-8

  /// The defaults with another learning rate.
  public init(learningRate: Float = 1e-3) { self.learningRate = learningRate }
}
