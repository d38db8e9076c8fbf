internal import CKernels

// Dropout fused with what stands beside it. `y` is `[B, O]`, `bias` `[O]`; the mask of row `b` has the key
// `rowKeys[b]`, and `firstWord` tells layers apart.

/// `y = max(0, mask · (y + bias))`.
public func rectify(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  unsafe withMask(dropout, rowKeys, firstWord, rows: y.rows) { mask in
    precondition(y.columns == bias.count, "\(bias.count) biases for \(y.columns) units")
    precondition(!y.extent.overlaps(bias.extent), "the output overlaps the bias")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe ck_bias_drop_rectify(y.rows, y.columns, y.stride, mask, bias.baseAddress, y.start)
    }
  }
}

/// `y = mask · (y + bias)`.
public func drop(
  _ y: inout MutableMatrix, bias: Span<Float>, dropout: DropoutMask, rowKeys: Span<UInt64>,
  firstWord: Int
) {
  unsafe withMask(dropout, rowKeys, firstWord, rows: y.rows) { mask in
    precondition(y.columns == bias.count, "\(bias.count) biases for \(y.columns) units")
    precondition(!y.extent.overlaps(bias.extent), "the output overlaps the bias")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe ck_bias_drop(y.rows, y.columns, y.stride, mask, bias.baseAddress, y.start)
    }
  }
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
  unsafe withMask(dropout, rowKeys, firstWord, rows: y.rows) { mask in
    unsafe ck_drop(y.rows, y.columns, y.stride, mask, y.start)
  }
}

/// Calls `body` with the masks of `rows` rows, unless there are none.
private func withMask(
  _ dropout: DropoutMask, _ rowKeys: Span<UInt64>, _ firstWord: Int, rows: Int,
  _ body: (ck_dropout) -> Void
) {
  precondition(rowKeys.count >= rows, "\(rowKeys.count) row keys for \(rows) rows")
  unsafe rowKeys.withUnsafeBufferPointer { keys in
    guard let keys = keys.baseAddress, rows > 0 else { return }
    unsafe body(dropout.settings(keys, firstWord))
  }
}
