/// A run of numbers in a mapped file: one column of a dataset.
///
/// Copies share the mapping, which lasts as long as one of them.
public struct MappedColumn<Element: BitwiseCopyable & Numeric & Sendable>: Sendable {
  private let file: MappedFile
  private let offset: Int

  /// The number of elements.
  public let count: Int

  /// The `count` numbers that start at a byte offset, in this machine's byte order.
  ///
  /// The offset is a multiple of the element's alignment, and the run lies inside the file.
  public init(_ file: MappedFile, offset: Int, count: Int) {
    precondition(
      offset >= 0 && count >= 0 && offset % MemoryLayout<Element>.alignment == 0
        && count <= (file.sizeInBytes - offset) / MemoryLayout<Element>.stride,
      "\(count) numbers at byte \(offset) of \(file.sizeInBytes) in \(file.path)")
    self.file = file
    self.offset = offset
    self.count = count
  }

  /// The numbers.
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get { file.span(of: Element.self, at: offset, count: count) }
  }
}
