/// How far a training has come.
public struct TrainingProgress: Hashable, Sendable {
  /// Which of the experts is trained.
  public struct Expert: Hashable, Sendable {
    /// The expert's index, from zero.
    public var index: Int
    /// The number of experts.
    public var count: Int

    /// Names an expert.
    public init(index: Int, count: Int) {
      self.index = index
      self.count = count
    }
  }

  /// The phase.
  public var phase: TrainingPhase
  /// The expert that is trained, in the phase that trains experts.
  public var expert: Expert?
  /// The epoch, from zero.
  public var epoch: Int
  /// The most epochs.
  public var maximumEpochs: Int
  /// The steps done in this epoch.
  public var step: Int
  /// The steps of an epoch.
  public var stepsPerEpoch: Int
  /// The rows trained in a second: over all ranks, in the phase of experts by this rank's group.
  public var samplesPerSecond: Double
  /// The latest area under the curve on the validation rows, if there is one.
  public var validationAUC: Double?

  /// Describes a moment of a training.
  ///
  /// - Parameters:
  ///   - phase: The phase.
  ///   - expert: The expert that is trained, if one is.
  ///   - epoch: The epoch, from zero.
  ///   - maximumEpochs: The most epochs.
  ///   - step: The steps done in this epoch.
  ///   - stepsPerEpoch: The steps of an epoch.
  ///   - samplesPerSecond: The rows trained in a second.
  ///   - validationAUC: The latest area under the curve on the validation rows.
  public init(
    phase: TrainingPhase, expert: Expert? = nil, epoch: Int, maximumEpochs: Int, step: Int,
    stepsPerEpoch: Int, samplesPerSecond: Double, validationAUC: Double? = nil
  ) {
    self.phase = phase
    self.expert = expert
    self.epoch = epoch
    self.maximumEpochs = maximumEpochs
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.samplesPerSecond = samplesPerSecond
    self.validationAUC = validationAUC
  }

  /// The steps done since the phase, or the expert's training, began.
  public var stepsDone: Int { epoch * stepsPerEpoch + step }

  /// The steps left if training does not end early.
  public var stepsLeft: Int { max(0, maximumEpochs * stepsPerEpoch - stepsDone) }

  /// Whether two moments belong to the same phase and expert.
  public func continues(_ other: TrainingProgress) -> Bool {
    phase == other.phase && expert == other.expert
  }
}
