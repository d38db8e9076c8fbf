import Kernels
import Layers

/// What tells one backbone from another: how fields interact on the way to the tower and beside it.
///
/// All backbones read the concatenated embeddings `x` `[B, F·K]`. A backbone may give the tower another
/// input, put features of its own before the tower's output in the head, and add a logit:
/// `z = [features; tower(input)] · w + logit + lin + β`.
///
/// - Source: DeepCTR 0.9.0, whose orders of concatenation these are.
protocol Backbone: Sendable {
  /// Whether the wide part, one weight per id, is added to the logit.
  static var isWide: Bool { get }
  /// The width of the tower's input for `fields` fields of `width`, `n`.
  static func towerInputs(fields: Int, width: Int) -> Int
  /// The width of the features that stand before the tower's output in the head.
  static func headFeatures(fields: Int, width: Int) -> Int

  /// Reserves the interactions' parameters and activations.
  init(_ plan: inout ModelPlan)

  /// The tower's input; `nil` where it is `x`.
  var towerInput: FeatureSlots? { get }
  /// What stands before the tower's output in the head.
  var headFeatures: FeatureSlots? { get }
  /// The parameters whose squares are part of the loss, with the factor of embeddings.
  var penalised: [Slot] { get }
  /// The multiply-adds of the interactions for one row, forward.
  var multiplyAdds: Int { get }

  /// Computes ``towerInput``, ``headFeatures``, and adds to the logits.
  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>)

  /// Adds to `x`'s gradient, and overwrites those of the interactions' parameters.
  ///
  /// The gradients of ``towerInput`` and ``headFeatures`` have been computed before.
  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena)
}

extension Backbone {
  static var isWide: Bool { true }
  static func towerInputs(fields: Int, width: Int) -> Int { fields * width }
  static func headFeatures(fields: Int, width: Int) -> Int { 0 }
  var towerInput: FeatureSlots? { nil }
  var headFeatures: FeatureSlots? { nil }
  var penalised: [Slot] { [] }
}
