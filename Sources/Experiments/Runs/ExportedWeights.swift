/// What was written by ``TrainedModel/export(mergingDomain:to:)``.
public struct ExportedWeights: Hashable, Sendable {
  /// The model whose parameters the file holds, in words.
  public var model: String
  /// The number of tensors.
  public var tensors: Int
  /// The number of floats.
  public var floats: Int
}
