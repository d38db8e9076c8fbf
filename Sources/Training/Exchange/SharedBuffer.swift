import Kernels

/// A buffer with an identity, so that two can be exchanged, and an object can hold one.
///
/// Swift 6.3 lets no view of an object's own buffer leave the expression that made it; here views are
/// lent to a closure.
final class SharedBuffer {
  /// The floats.
  var values: Buffer

  /// Allocates zeroed floats.
  convenience init(count: Int) { self.init(Buffer(count: count)) }

  /// Takes a buffer.
  init(_ values: consuming Buffer) { self.values = values }

  /// Lends a range of the floats, to read.
  func withSpan<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    func call(_ values: borrowing Buffer) throws(Failure) -> Result {
      try body(values.span(range))
    }
    return try call(values)
  }

  /// Lends a range of the floats, to change.
  func withMutableSpan<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    func call(_ values: inout Buffer) throws(Failure) -> Result {
      var span = values.mutableSpan(range)
      return try body(&span)
    }
    return try call(&values)
  }
}
