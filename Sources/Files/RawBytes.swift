// Sound: floats and bytes have no padding that could be read, and every bit pattern is a value that
// may be stored.

extension Span<Float> {
  /// The floats as bytes in memory's order.
  public var rawBytes: RawSpan {
    @_lifetime(copy self)
    get { unsafe bytes }
  }
}

extension Span<UInt8> {
  /// The same bytes.
  public var rawBytes: RawSpan {
    @_lifetime(copy self)
    get { unsafe bytes }
  }
}

extension MutableSpan<Float> {
  /// The floats as bytes in memory's order, to change.
  public var mutableRawBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { unsafe mutableBytes }
  }
}

extension MutableSpan<UInt8> {
  /// The same bytes, to change.
  public var mutableRawBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { unsafe mutableBytes }
  }
}
