internal import CKernels

// Dropout fused with what stands beside it. `y` is `[B, O]`, `bias` `[O]`; the mask of row `b` has the key
// `rowKeys[b]`, and `firstWord` tells layers apart.

/// `y = max(0, mask · (y + bias))`.
public func rectify(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  unsafe applyMask(dropout, rowKeys, firstWord, bias, &y, ck_bias_drop_rectify)
}

/// `y = mask · (y + bias)`.
public func drop(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  unsafe applyMask(dropout, rowKeys, firstWord, bias, &y, ck_bias_drop)
}

/// `y = mask · x`.
public func drop(
  _ x: Matrix, into y: inout MutableMatrix, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  precondition(
    x.rows == y.rows && x.columns == y.columns,
    "[\(x.rows), \(x.columns)] into [\(y.rows), \(y.columns)]")
  for row in 0..<x.rows {
    var span = y[row: row]
    copy(x[row: row], into: &span)
  }
  guard let mask = unsafe mask(dropout, rowKeys, firstWord, rows: y.rows) else { return }
  unsafe ck_drop(y.rows, y.columns, y.stride, mask, y.start)
}

/// Calls the C kernel that adds the bias to `y` and applies the mask.
private func applyMask(
  _ dropout: DropoutMask, _ rowKeys: Span<UInt64>, _ firstWord: Int, _ bias: Span<Float>,
  _ y: inout MutableMatrix,
  _ kernel: (Int, Int, Int, ck_dropout, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void
) {
  precondition(y.columns == bias.count, "\(bias.count) biases for \(y.columns) units")
  precondition(!y.extent.overlaps(bias.extent), "the output overlaps the bias")
  guard let mask = unsafe mask(dropout, rowKeys, firstWord, rows: y.rows) else { return }
  unsafe kernel(y.rows, y.columns, y.stride, mask, bias.start, y.start)
}

/// The masks of `rows` rows, as the C kernels take them, unless there are none.
@unsafe
private func mask(
  _ dropout: DropoutMask, _ rowKeys: Span<UInt64>, _ firstWord: Int, rows: Int
) -> ck_dropout? {
  precondition(rowKeys.count >= rows, "\(rowKeys.count) row keys for \(rows) rows")
  guard rows > 0, let keys = unsafe rowKeys.start else { return nil }
  return unsafe dropout.settings(keys, firstWord)
}
