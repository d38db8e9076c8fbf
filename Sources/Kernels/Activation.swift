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

/// `y = max(0, mask · (y + bias))`; the mask of row `b` has the key `rowKeys[b]`.
public func rectify(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  precondition(rowKeys.count >= y.rows, "\(rowKeys.count) row keys for \(y.rows) rows")
  for row in 0..<y.rows {
    var span = y[row: row]
    dropout.applyWithBiasAndReLU(
      &span, bias: bias, rowKey: rowKeys[row], firstWord: firstWord)
  }
}

/// `y = mask · (y + bias)`; the mask of row `b` has the key `rowKeys[b]`.
public func drop(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  precondition(rowKeys.count >= y.rows, "\(rowKeys.count) row keys for \(y.rows) rows")
  for row in 0..<y.rows {
    var span = y[row: row]
    dropout.applyWithBias(&span, bias: bias, rowKey: rowKeys[row], firstWord: firstWord)
  }
}

/// `y = mask · x`; the mask of row `b` has the key `rowKeys[b]`.
public func drop(
  _ x: Matrix, into y: inout MutableMatrix, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  precondition(x.rows == y.rows && x.columns == y.columns, "[\(x.rows)] into [\(y.rows)]")
  precondition(rowKeys.count >= y.rows, "\(rowKeys.count) row keys for \(y.rows) rows")
  for row in 0..<y.rows {
    var span = y[row: row]
    copy(x[row: row], into: &span)
    dropout.apply(&span, rowKey: rowKeys[row], firstWord: firstWord)
  }
}

/// The backward of ReLU, `dy = scale · dy` where `y > 0` and zero elsewhere.
///
/// With dropout fused into the forward, `y > 0` also says that the unit was kept, so that `scale` is
/// the mask's scale.
public func rectifyBackward(_ y: Matrix, _ dy: inout MutableMatrix, scale: Float) {
  precondition(y.rows == dy.rows && y.columns == dy.columns, "[\(y.rows)] for [\(dy.rows)]")
  for row in 0..<y.rows {
    var span = dy[row: row]
    rectifyBackwardRow(y[row: row], &span, scale)
  }
}

@inline(__always)
private func rectifyRow(_ y: inout MutableSpan<Float>, _ bias: Span<Float>) {
  precondition(y.count == bias.count, "\(bias.count) biases for \(y.count) units")
  for i in 0..<bias.count { y[i] = max(y[i] + bias[i], 0) }
}

private func rectifyBackwardRow(
  _ y: Span<Float>, _ dy: inout MutableSpan<Float>, _ scale: Float
) {
  precondition(y.count == dy.count, "\(y.count) units, \(dy.count) gradients")
  unsafe y.withUnsafeBufferPointer { y in
    unsafe dy.withUnsafeMutableBufferPointer { dy in
      unsafe ck_rectify_backward(y.count, scale, y.baseAddress, dy.baseAddress)
    }
  }
}
