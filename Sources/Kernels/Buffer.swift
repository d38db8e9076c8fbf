internal import CKernels
import Glibc

/// Owns the floats of one ``Layout``, aligned to 64 bytes and zero at first.
///
/// The last of them may be memory that processes share; the others are always the buffer's own.
@safe
public struct Buffer: ~Copyable, Sendable {
  // Sound: allocated by `init`, freed by `deinit`, never handed out; views carry a lifetime that
  // depends on the buffer, and the mutable ones on exclusive access to it, so that threads that share
  // a buffer can only read it.
  private nonisolated(unsafe) let storage: UnsafeMutablePointer<Float>
  /// The pages to give back, of a buffer that ends in shared memory.
  private let pages: Pages?

  /// The number of floats.
  public let count: Int

  /// Creates a buffer of `count` zeros.
  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    self.count = count
    pages = nil
    unsafe storage = allocateFloats(count)
  }

  /// Creates a buffer of `ownCount` zeros, behind which shared memory lies.
  ///
  /// - Parameters:
  ///   - ownCount: How many floats are the buffer's own; a multiple of 16, which keeps the first one
  ///     aligned.
  ///   - sharedCount: How many floats lie behind them; as many have been reserved.
  ///   - shared: The memory of these. Processes that share it agree among themselves who writes, and when.
  /// - Throws: ``SharedMemory/Failure`` if there are no addresses for them.
  public init(
    ownCount: Int, sharedCount: Int, shared: SharedMemory
  ) throws(SharedMemory.Failure) {
    precondition(
      ownCount >= 0 && ownCount.isMultiple(of: Layout.alignment), "\(ownCount) floats of its own")
    let pages = try unsafe Pages(
      ownBytes: ownCount * MemoryLayout<Float>.stride,
      sharedBytes: sharedCount * MemoryLayout<Float>.stride, shared)
    count = ownCount + sharedCount
    self.pages = pages
    // Sound: as many bytes before the shared pages are the buffer's own.
    unsafe storage = (pages.shared - ownCount * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: count)
  }

  /// Creates a zeroed buffer for the slots of a layout.
  public init(_ layout: borrowing Layout) {
    self.init(count: layout.count)
  }

  deinit {
    if let pages {
      pages.unmap()
    } else {
      unsafe storage.deallocate()
    }
  }

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

  /// Asks the processor for a range that is about to be written, and that others may have read: without the
  /// request each line would be waited for.
  public mutating func prepareToWrite(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) floats")
    unsafe ck_prepare_to_write(range.count, storage + range.lowerBound)
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

/// Consecutive pages: some of a process's own, zero at first, and then those of shared memory.
@safe
private struct Pages: Sendable {
  // Sound: mapped by `init`, and used by the one buffer that has made them.
  private nonisolated(unsafe) let start: UnsafeMutableRawPointer
  private let byteCount: Int
  /// The first byte of the shared pages.
  nonisolated(unsafe) let shared: UnsafeMutableRawPointer

  @unsafe init(
    ownBytes: Int, sharedBytes: Int, _ memory: SharedMemory
  ) throws(SharedMemory.Failure) {
    let page = Int(getpagesize())
    let ownPages = (ownBytes + page - 1) / page * page
    byteCount = ownPages + max(page, sharedBytes)
    // One mapping for all, part of which is then replaced: the addresses cannot be taken in between.
    let mapped = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw SharedMemory.Failure("mmap", "/\(memory.name)")
    }
    unsafe start = mapped
    unsafe shared = mapped + ownPages
    do throws(SharedMemory.Failure) {
      if sharedBytes > 0 { try unsafe memory.map(sharedBytes, over: shared) }
    } catch {
      unmap()
      throw error
    }
  }

  func unmap() { unsafe munmap(start, byteCount) }
}
