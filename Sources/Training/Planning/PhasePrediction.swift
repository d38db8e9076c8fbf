/// What is expected of a phase on a number of ranks.
public struct PhasePrediction: Hashable, Codable, Sendable {
  /// The phase.
  public var phase: TrainingPhase
  /// The number of ranks.
  public var ranks: Int
  /// The ranks that take a step together: all of them, or the largest group that trains an expert.
  public var ranksPerStep: Int
  /// The seconds of a step.
  public var stepSeconds: Double
  /// Of these, the seconds of messages.
  public var messageSeconds: Double
  /// The seconds of an epoch with its evaluations, of all experts in the phase of experts.
  public var epochSeconds: Double
  /// The time of one rank, over that of all these ranks together.
  public var efficiency: Double
  /// What the training of the phase allocates on a rank; not the program, its libraries, and the
  /// columns of the dataset, which the ranks of a machine share.
  public var memoryInBytes: Int
  /// The bytes that the ranks of a step send in it, together.
  public var bytesPerStep: Int
  /// The bytes that all ranks send in an epoch, evaluations and the publishing of experts included.
  public var bytesPerEpoch: Int
}
