public import Kernels

/// The cross layers of DCN in vector form: `x_{j+1} = x_0 (x_j · k_j) + q_j + x_j`, with `x_0 = x`.
///
/// `x` and the features, the last layer's output, are `[B, F·K]`; `k_j` and `q_j` are `[F·K]`.
///
/// - Source: Wang et al., “Deep & Cross Network for Ad Click Predictions”, 2017, equation 3.
public struct CrossNetwork: Sendable {
  /// One layer.
  private struct Layer: Sendable {
    /// `k`, `[F·K, 1]`.
    let kernel: Slot
    /// `q`, `[1, F·K]`.
    let bias: Slot
    /// `x_j · k`, `[1, B]`.
    let dots: Slot
    /// `x_{j+1}`, `[B, F·K]`.
    let output: Slot
  }

  private let layers: [Layer]
  /// The kernels `k_j`, whose squares are part of the reference's loss, unlike those of the biases.
  public let kernels: [Slot]
  /// The features, `[B, F·K]`.
  public var output: Slot { layers[layers.count - 1].output }
  /// The gradient of the features.
  public let outputGradient: Slot

  /// Reserves layer `j`'s tensors as `cross.<j>.weight` and `cross.<j>.bias`, and the activations.
  public init(
    layers count: Int, fields: Int, width: Int, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    precondition(count > 0, "\(count) cross layers")
    let columns = fields * width
    let layers = (0..<count).map { index in
      Layer(
        kernel: plan.reserve(
          "cross.\(index).weight", rows: columns, columns: 1,
          .glorotNormal(inputs: columns, outputs: 1)),
        bias: plan.reserve("cross.\(index).bias", columns: columns, .constant(0)),
        dots: activations.reserve("cross.\(index).dots", columns: capacity),
        output: activations.reserve("cross.\(index).output", rows: capacity, columns: columns))
    }
    self.layers = layers
    kernels = layers.map(\.kernel)
    outputGradient = activations.reserve(
      "cross.outputGradient", rows: capacity, columns: columns)
  }

  /// The multiply-adds of a row: `2 F·K` in each layer.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + 2 * $1.kernel.rows } }

  /// Computes the features of every row.
  public func forward(_ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena) {
    for (index, layer) in layers.enumerated() {
      let kernel = parameters.span(layer.kernel)
      let bias = parameters.span(layer.bias)
      var dotRow = arena.mutableMatrix(layer.dots, rows: 1)
      var dots = dotRow[row: 0]
      var y = arena.mutableMatrix(layer.output, rows: x.rows)
      for row in 0..<x.rows {
        let below = below(index, x, arena: arena)[row: row]
        dots[row] = dot(below, kernel)
        var span = y[row: row]
        copy(below, into: &span)
        axpy(dots[row], x[row: row], into: &span)
        add(bias, into: &span)
      }
    }
  }

  /// What layer `index` reads.
  @_lifetime(borrow arena, copy x)
  private func below(_ index: Int, _ x: Matrix, arena: borrowing Arena) -> Matrix {
    index == 0 ? x : arena.matrix(layers[index - 1].output, rows: x.rows)
  }

  /// Overwrites the gradients of all tensors and of the features, and adds to the input's.
  ///
  /// With `g` the gradient of `x_{j+1}` and `h = g · x_0`: `dk_j = Σ_B h x_j`, `dq_j = Σ_B g`,
  /// `dx_0 += (x_j · k_j) g`, and the gradient of `x_j` is `g + h k_j`.
  public func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    var g = arena.mutableMatrix(outputGradient, rows: x.rows)
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    for index in layers.indices.reversed() {
      let layer = layers[index]
      gradients.zero(layer.kernel.range)
      gradients.zero(layer.bias.range)
      let kernel = parameters.span(layer.kernel)
      let dots = arena.matrix(layer.dots, rows: 1)[row: 0]
      for row in 0..<x.rows {
        let h = dot(g.view[row: row], x[row: row])
        gradients.add(h, times: below(index, x, arena: arena)[row: row], to: layer.kernel)
        gradients.add(1, times: g.view[row: row], to: layer.bias)
        var input = dx[row: row]
        axpy(dots[row], g.view[row: row], into: &input)
        var gradient = g[row: row]
        axpy(h, kernel, into: &gradient)
      }
    }
    for row in 0..<x.rows {
      var input = dx[row: row]
      add(g.view[row: row], into: &input)
    }
  }
}

extension Buffer {
  /// Adds a multiple of a row to a slot.
  fileprivate mutating func add(_ factor: Float, times row: Span<Float>, to slot: Slot) {
    var span = mutableSpan(slot)
    axpy(factor, row, into: &span)
  }
}
