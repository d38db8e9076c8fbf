internal import COpenMPI

extension Communicator {
  /// Copies the root's elements to all ranks.
  ///
  /// The number of elements is the same on all ranks. The corresponding MPI routine is `MPI_Bcast`.
  public func broadcast<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, from root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Bcast")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try inPieces(of: buffer.count) { offset, count throws(MPIError) in
        try unsafe check(
          MPI_Bcast(buffer.address(at: offset), count, Element.handle, Int32(root), handle),
          "MPI_Bcast")
      }
    }
  }

  /// Copies the root's value to all ranks.
  ///
  /// The corresponding MPI routine is `MPI_Bcast`.
  public func broadcast<Element: MessageElement>(
    _ value: inout Element, from root: Int = 0
  ) throws(MPIError) {
    try unsafe withUnsafeMutablePointer(to: &value) { pointer throws(MPIError) in
      // Sound: one initialised element, accessed by nothing else meanwhile.
      var values = unsafe MutableSpan(_unsafeStart: pointer, count: 1)
      try broadcast(&values, from: root)
    }
  }

  /// Copies the root's array to all ranks, whose own arrays it replaces whatever their size.
  ///
  /// The corresponding MPI routine is `MPI_Bcast`, once for the count and once for the elements.
  public func broadcast<Element: MessageElement>(
    _ array: inout [Element], from root: Int = 0
  ) throws(MPIError) {
    var count = array.count
    try broadcast(&count, from: root)
    if rank != root { array = Array(zeros: count) }
    var values = array.mutableSpan
    try broadcast(&values, from: root)
  }
}

extension Array where Element: MessageElement {
  /// An array of elements of no meaning, to be received into.
  init(zeros count: Int) {
    // Sound: every bit pattern is a value of an element type, zero among them.
    unsafe self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
      initialized = count
    }
  }
}
