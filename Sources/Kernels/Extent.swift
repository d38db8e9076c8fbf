// Where the elements of operands lie, for the operations that need them to be disjoint. An extent runs
// from the first element to the last, whatever lies between two rows; that of no elements is empty and
// overlaps nothing.

extension Matrix {
  /// The address range of the elements.
  var extent: Range<UInt> { unsafe addresses(start, rows, columns, stride) }
}

extension MutableMatrix {
  /// The address range of the elements.
  var extent: Range<UInt> { unsafe addresses(UnsafePointer(start), rows, columns, stride) }
}

extension Span<Float> {
  /// The address range of the elements.
  var extent: Range<UInt> {
    unsafe withUnsafeBufferPointer { unsafe addresses($0.baseAddress, 1, $0.count, 0) }
  }
}

extension MutableSpan<Float> {
  /// The address range of the elements.
  var extent: Range<UInt> {
    unsafe withUnsafeBufferPointer { unsafe addresses($0.baseAddress, 1, $0.count, 0) }
  }
}

private func addresses(
  _ start: UnsafePointer<Float>?, _ rows: Int, _ columns: Int, _ stride: Int
) -> Range<UInt> {
  let first = UInt(bitPattern: start)
  let floats = rows == 0 || columns == 0 ? 0 : (rows - 1) * stride + columns
  return first..<first + UInt(floats * MemoryLayout<Float>.stride)
}
