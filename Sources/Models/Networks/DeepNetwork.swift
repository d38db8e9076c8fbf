import Kernels
import Layers

/// What turns features of the fields into a logit per row: the tower with its adapters, or a network with
/// parts per domain.
protocol DeepNetwork: Sendable {
  /// The gate's parameters; empty without one.
  var gateRange: Range<Int> { get }
  /// The parameters of each expert, or of each domain's adapters.
  var adapterRanges: [Range<Int>] { get }

  /// The first parameter of the network's backbone, behind gate and adapters.
  var backboneStart: Int { get }

  /// Brings parameters into the order passes read them in; to be called whenever they have changed.
  func prepare(_ parameters: borrowing Buffer, mode: ModelMode, arena: borrowing Arena)

  /// Adds the logit of every row, without the backbone's own terms.
  func forward(
    _ input: DeepInput, parameters: borrowing Buffer, rows: RowContext, mode: ModelMode,
    arena: borrowing Arena, into logits: inout MutableSpan<Float>)

  /// Overwrites the gradients of what is trainable, and those of the input if the backbone is.
  func backward(
    _ input: DeepInput, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, mode: ModelMode, trainable: TrainableParts,
    arena: borrowing Arena)

  /// The parameters that are not trained but follow the rows; they lie behind the trained ones.
  var statistics: Range<Int> { get }

  /// Moves the statistics towards a batch's, given the sums over all shards of what the backward
  /// pass left in their places of the gradients.
  func updateStatistics(from totals: Span<Float>, parameters: inout Buffer)

  /// The multiply-adds of a row's forward pass.
  func multiplyAdds(_ mode: ModelMode) -> Int

  /// Those of them whose other operand is the network's input: with a frozen backbone no gradient goes
  /// back through them.
  func inputMultiplyAdds(_ mode: ModelMode) -> Int
}

/// Without adapters, gate and statistics, a network has a trained backbone alone.
extension DeepNetwork {
  var statistics: Range<Int> { 0..<0 }
  func updateStatistics(from totals: Span<Float>, parameters: inout Buffer) {}
  var gateRange: Range<Int> { 0..<0 }
  var adapterRanges: [Range<Int>] { [] }
  func prepare(_ parameters: borrowing Buffer, mode: ModelMode, arena: borrowing Arena) {}
  /// None: without adapters and gate nothing is trained on a frozen backbone.
  func inputMultiplyAdds(_ mode: ModelMode) -> Int { 0 }
}
