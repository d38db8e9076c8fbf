/// The activations of a step: one block of memory, sized once, with a disjoint slot per value.
///
/// A layer reads one activation while it writes another, so unlike a ``Buffer`` an arena hands out
/// mutable views of different slots at the same time. That is sound as long as one slot is not
/// viewed twice within one operation: slots come from a ``Layout`` and never overlap, floats are
/// trivial, an arena is used by one thread, and the operations that could suffer check that what they
/// write overlaps no other operand: matrix products and the C kernels whose pointers are `restrict`.
/// The others go through bounds-checked spans or copy element by element.
///
/// Not `Sendable`: reading an arena is enough to get a view that changes it.
@safe
public struct Arena: ~Copyable {
  private let storage: UnsafeMutablePointer<Float>
  private let count: Int

  /// Creates a zeroed arena for the slots of a layout.
  public init(_ layout: borrowing Layout) {
    count = layout.count
    unsafe storage = allocateFloats(count)
  }

  deinit { unsafe storage.deallocate() }

  /// The first `rows` rows of a slot, to read.
  @_lifetime(borrow self)
  public borrowing func matrix(_ slot: Slot, rows: Int) -> Matrix {
    check(slot, rows)
    let view = unsafe Matrix(
      start: UnsafePointer(storage) + slot.offset, rows: rows, columns: slot.columns)
    return unsafe _overrideLifetime(view, borrowing: self)
  }

  /// The first `rows` rows of a slot, to change.
  @_lifetime(borrow self)
  public borrowing func mutableMatrix(_ slot: Slot, rows: Int) -> MutableMatrix {
    check(slot, rows)
    let view = unsafe MutableMatrix(
      start: storage + slot.offset, rows: rows, columns: slot.columns)
    return unsafe _overrideLifetime(view, borrowing: self)
  }

  /// Sets the first `rows` rows of a slot to zero.
  public borrowing func zero(_ slot: Slot, rows: Int) {
    check(slot, rows)
    // Sound: the rows lie inside the storage.
    unsafe (storage + slot.offset).update(repeating: 0, count: rows * slot.columns)
  }

  private borrowing func check(_ slot: Slot, _ rows: Int) {
    precondition(rows >= 0 && rows <= slot.rows, "\(rows) rows of a slot of \(slot.rows)")
    precondition(slot.offset + slot.count <= count, "\(slot.range) of \(count) floats")
  }
}
