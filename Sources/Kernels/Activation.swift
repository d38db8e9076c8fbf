internal import CKernels

// Single passes over a layer's output while it is still in cache: bias, dropout and ReLU, and their
// backward. `y` is `[B, O]`, biases and their gradients `[O]`. ReLU passes NaN on, so that a model gone
// astray shows it in its loss: `max(x, 0)` returns `x` when the two do not compare, `max(0, x)` zero.

/// Adds the bias to every row.
public func addBias(_ bias: Span<Float>, to y: inout MutableMatrix) {
  for row in 0..<y.rows {
    var span = y[row: row]
    add(bias, into: &span)
  }
}

/// `y = max(0, y)`.
public func rectify(_ y: inout MutableMatrix) {
  for row in 0..<y.rows {
    var span = y[row: row]
    for i in 0..<span.count { span[i] = max(span[i], 0) }
  }
}

/// `y = max(0, y + bias)`.
public func rectify(_ y: inout MutableMatrix, bias: Span<Float>) {
  for row in 0..<y.rows {
    var span = y[row: row]
    rectifyRow(&span, bias)
  }
}

/// The backward of ReLU, `dy = scale · dy` where `y > 0` and zero elsewhere; `dy` does not overlap `y`.
///
/// With dropout fused into the forward, `y > 0` also says that the unit was kept, so that `scale` is
/// the mask's scale.
public func rectifyBackward(_ y: Matrix, _ dy: inout MutableMatrix, scale: Float) {
  precondition(
    y.rows == dy.rows && y.columns == dy.columns,
    "[\(y.rows), \(y.columns)] for [\(dy.rows), \(dy.columns)]")
  precondition(!dy.extent.overlaps(y.extent), "the gradient overlaps the output")
  unsafe ck_rectify_backward(y.rows, y.columns, y.stride, y.start, dy.stride, dy.start, scale, nil)
}

/// The backward of ReLU, as ``rectifyBackward(_:_:scale:)``; adds the rows of `dy` to `biasGradient`.
public func rectifyBackward(
  _ y: Matrix, _ dy: inout MutableMatrix, scale: Float,
  addingTo biasGradient: inout MutableSpan<Float>
) {
  precondition(
    y.rows == dy.rows && y.columns == dy.columns && y.columns == biasGradient.count,
    "[\(y.rows), \(y.columns)] for [\(dy.rows), \(dy.columns)] and \(biasGradient.count) biases")
  precondition(
    !dy.extent.overlaps(y.extent) && !biasGradient.extent.overlaps(y.extent)
      && !biasGradient.extent.overlaps(dy.extent),
    "a gradient overlaps the output or the other gradient")
  unsafe ck_rectify_backward(
    y.rows, y.columns, y.stride, y.start, dy.stride, dy.start, scale, biasGradient.start)
}

@inline(__always)
private func rectifyRow(_ y: inout MutableSpan<Float>, _ bias: Span<Float>) {
  precondition(y.count == bias.count, "\(bias.count) biases for \(y.count) units")
  for i in 0..<bias.count { y[i] = max(y[i] + bias[i], 0) }
}
