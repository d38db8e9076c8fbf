// Where the elements of operands start, for a call of a C kernel; `nil` where there are none.
//
// Sound: a span views storage that stays where it is, and whoever hands a span to an operation keeps
// that storage until the operation returns. An address is used within the operation alone.

extension Span where Element: BitwiseCopyable {
  /// The address of the first element.
  @unsafe var start: UnsafePointer<Element>? {
    unsafe withUnsafeBufferPointer { $0.baseAddress }
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// The address of the first element, to change.
  @unsafe var start: UnsafeMutablePointer<Element>? {
    mutating get { unsafe withUnsafeMutableBufferPointer { $0.baseAddress } }
  }
}
