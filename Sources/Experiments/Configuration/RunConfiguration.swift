public import Models
public import Training

/// Everything that decides the result of a training run, apart from the data, and how it is run.
///
/// Equal configurations on equal data give the same bytes, for any number of ranks. Every value has
/// a default; ``ConfigurationKey`` lists the names under which the values are read and written.
public struct RunConfiguration: Hashable, Codable, Sendable {
  /// The seed of every random number of the run.
  public var seed: UInt64 = 123
  /// The size and kind of the model.
  public var model = ModelConfiguration()
  /// How the model is trained.
  public var training = TrainingConfiguration()

  /// The defaults.
  public init() {}
}
