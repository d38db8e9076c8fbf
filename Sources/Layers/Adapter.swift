public import Kernels

/// A low-rank update of one dense layer: an expert's, or a domain's.
///
/// `adapter(x) = (x · down) · up + bias`, with `x` `[B, I]`, `down` `[I, R]`, `up` `[R, O]` and `bias`
/// `[O]`. `up` and `bias` start at zero, so a new adapter leaves the backbone's output unchanged.
///
/// - Source: Hu et al., “LoRA”, 2021, equation 3, without its factor; the bias per domain is MLoRA's.
public struct Adapter: Sendable {
  /// `[I, R]`.
  public let down: Slot
  /// `[R, O]`.
  public let up: Slot
  /// `[1, O]`.
  public let bias: Slot

  /// Reserves an adapter's tensors as `name.down`, `name.up` and `name.bias`.
  public init(
    _ name: String, inputs: Int, outputs: Int, rank: Int, in plan: inout ParameterPlan
  ) {
    precondition(rank > 0, "an adapter of rank \(rank)")
    down = plan.reserve(
      "\(name).down", rows: inputs, columns: rank, .glorotNormal(inputs: inputs, outputs: rank))
    up = plan.reserve("\(name).up", rows: rank, columns: outputs, .constant(0))
    bias = plan.reserve("\(name).bias", columns: outputs, .constant(0))
  }

  /// The rank, `R`.
  public var rank: Int { down.columns }

  /// The rank of a layer `outputs` wide: `max(1, outputs / reduction)`.
  public static func rank(outputs: Int, reduction: Int) -> Int { max(1, outputs / reduction) }

  /// The parameters of the three tensors, which lie one behind the other.
  var range: Range<Int> { down.offset..<bias.range.upperBound }

  /// Adds the update to rows of a layer's output, and applies ReLU: `y = max(0, y + adapter(x))`.
  ///
  /// `hidden` `[B, R]` keeps `x · down` for the backward pass.
  func addAndRectify(
    _ x: Matrix, parameters: borrowing Buffer, hidden: inout MutableMatrix,
    into y: inout MutableMatrix
  ) {
    multiply(x, parameters.matrix(down), into: &hidden)
    multiply(hidden.view, parameters.matrix(up), beta: 1, into: &y)
    rectify(&y, bias: parameters.span(bias))
  }

  /// Computes the gradients of the three tensors from the output's gradient `dy` `[B, O]`.
  ///
  /// `hiddenGradient` `[B, R]` is `dy · upᵀ`.
  func accumulate(
    _ x: Matrix, hidden: Matrix, hiddenGradient: Matrix, dy: Matrix, gradients: inout Buffer
  ) {
    var downGradient = gradients.mutableMatrix(down)
    multiply(transposed: x, hiddenGradient, into: &downGradient)
    var upGradient = gradients.mutableMatrix(up)
    multiply(transposed: hidden, dy, into: &upGradient)
    var biasGradient = gradients.mutableSpan(bias)
    fill(&biasGradient, with: 0)
    addRows(of: dy, into: &biasGradient)
  }
}
