/// Owns the floats of one ``Layout``, aligned to 64 bytes and zero at first.
@safe
public struct Buffer: ~Copyable, Sendable {
  // Sound: allocated by `init`, freed by `deinit`, never handed out; views carry a lifetime that
  // depends on the buffer, and the mutable ones on exclusive access to it, so that threads that share
  // a buffer can only read it.
  private nonisolated(unsafe) let storage: UnsafeMutablePointer<Float>

  /// The number of floats.
  public let count: Int

  /// Creates a buffer of `count` zeros.
  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    self.count = count
    unsafe storage = allocateFloats(count)
  }

  /// Creates a zeroed buffer for the slots of a layout.
  public init(_ layout: borrowing Layout) {
    self.init(count: layout.count)
  }

  deinit { unsafe storage.deallocate() }

  /// All floats, to read.
  public var span: Span<Float> {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe Span(_unsafeStart: UnsafePointer(storage), count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// All floats, to change.
  public var mutableSpan: MutableSpan<Float> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: storage, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The floats of a range, to read.
  @_lifetime(borrow self)
  public borrowing func span(_ range: Range<Int>) -> Span<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) floats")
    let span = unsafe Span(
      _unsafeStart: UnsafePointer(storage) + range.lowerBound, count: range.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The floats of a range, to change.
  @_lifetime(&self)
  public mutating func mutableSpan(_ range: Range<Int>) -> MutableSpan<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) floats")
    let span = unsafe MutableSpan(_unsafeStart: storage + range.lowerBound, count: range.count)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// The floats of a slot, to read.
  @_lifetime(borrow self)
  public borrowing func span(_ slot: Slot) -> Span<Float> { span(slot.range) }

  /// The floats of a slot, to change.
  @_lifetime(&self)
  public mutating func mutableSpan(_ slot: Slot) -> MutableSpan<Float> { mutableSpan(slot.range) }

  /// A slot as a matrix, to read.
  @_lifetime(borrow self)
  public borrowing func matrix(_ slot: Slot) -> Matrix {
    precondition(slot.offset + slot.count <= count, "\(slot.range) of \(count) floats")
    let view = unsafe Matrix(
      start: UnsafePointer(storage) + slot.offset, rows: slot.rows, columns: slot.columns)
    return unsafe _overrideLifetime(view, borrowing: self)
  }

  /// A slot as a matrix, to change.
  @_lifetime(&self)
  public mutating func mutableMatrix(_ slot: Slot) -> MutableMatrix {
    precondition(slot.offset + slot.count <= count, "\(slot.range) of \(count) floats")
    let view = unsafe MutableMatrix(
      start: storage + slot.offset, rows: slot.rows, columns: slot.columns)
    return unsafe _overrideLifetime(view, mutating: &self)
  }

  /// The first `rows x columns` floats as a matrix, to read.
  @_lifetime(borrow self)
  public borrowing func matrix(rows: Int, columns: Int) -> Matrix {
    matrix(Slot(offset: 0, rows: rows, columns: columns))
  }

  /// Copies a range of another buffer of the same size into the same range of this one.
  public mutating func copy(_ range: Range<Int>, from other: borrowing Buffer) {
    precondition(other.count == count, "copying between \(other.count) and \(count) floats")
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) floats")
    unsafe (storage + range.lowerBound).update(
      from: other.storage + range.lowerBound, count: range.count)
  }

  /// Copies a range of another buffer over the floats from `start` on.
  public mutating func copy(_ range: Range<Int>, of other: borrowing Buffer, to start: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= other.count, "\(range) of \(other.count) floats")
    precondition(
      start >= 0 && start + range.count <= count, "\(range.count) at \(start) of \(count) floats")
    unsafe (storage + start).update(from: other.storage + range.lowerBound, count: range.count)
  }

  /// Sets a range of floats to zero.
  public mutating func zero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) floats")
    unsafe (storage + range.lowerBound).update(repeating: 0, count: range.count)
  }
}

/// Zeroed storage for `count` floats, aligned to 64 bytes.
func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
  let floats = unsafe bytes.bindMemory(to: Float.self, capacity: max(1, count))
  unsafe floats.initialize(repeating: 0, count: max(1, count))
  return unsafe floats
}
