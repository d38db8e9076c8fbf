internal import COpenMPI

extension Communicator {
  /// Combines the elements of all ranks, place by place, into the root's.
  ///
  /// The other ranks' elements are left as they are. The corresponding MPI routine is `MPI_Reduce`
  /// with `MPI_IN_PLACE`.
  public func reduce<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, _ reduction: Reduction<Element>, at root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Reduce")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try inPieces(of: buffer.count) { offset, count throws(MPIError) in
        let piece = unsafe UnsafeMutableRawPointer(buffer.address(at: offset))
        let isRoot = rank == root
        try unsafe check(
          MPI_Reduce(
            isRoot ? copenmpi_in_place() : piece, isRoot ? piece : nil, count, Element.handle,
            reduction.handle, Int32(root), handle),
          "MPI_Reduce")
      }
    }
  }

  /// Combines the elements of all ranks, place by place, into the root's result; other ranks'
  /// results are left as they are, and may be empty.
  ///
  /// The corresponding MPI routine is `MPI_Reduce`.
  public func reduce<Element: MessageElement>(
    _ values: Span<Element>, _ reduction: Reduction<Element>,
    into result: inout MutableSpan<Element>, at root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Reduce")
    if rank == root { checkCounts(result.count, values.count, "a reduction") }
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try inPieces(of: source.count) { offset, count throws(MPIError) in
        try unsafe check(
          MPI_Reduce(
            source.address(at: offset), rank == root ? destination.address(at: offset) : nil,
            count, Element.handle, reduction.handle, Int32(root), handle),
          "MPI_Reduce")
      }
    }
  }

  /// Combines the elements of all ranks, place by place, and leaves the result in each rank's.
  ///
  /// The corresponding MPI routine is `MPI_Allreduce` with `MPI_IN_PLACE`.
  public func allReduce<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, _ reduction: Reduction<Element>
  ) throws(MPIError) {
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try inPieces(of: buffer.count) { offset, count throws(MPIError) in
        try unsafe check(
          MPI_Allreduce(
            copenmpi_in_place(), buffer.address(at: offset), count, Element.handle,
            reduction.handle, handle),
          "MPI_Allreduce")
      }
    }
  }

  /// Combines the elements of all ranks, place by place, into every rank's result.
  ///
  /// The corresponding MPI routine is `MPI_Allreduce`.
  public func allReduce<Element: MessageElement>(
    _ values: Span<Element>, _ reduction: Reduction<Element>,
    into result: inout MutableSpan<Element>
  ) throws(MPIError) {
    checkCounts(result.count, values.count, "a reduction")
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try inPieces(of: source.count) { offset, count throws(MPIError) in
        try unsafe check(
          MPI_Allreduce(
            source.address(at: offset), destination.address(at: offset), count, Element.handle,
            reduction.handle, handle),
          "MPI_Allreduce")
      }
    }
  }

  /// The values of all ranks, combined.
  ///
  /// The corresponding MPI routine is `MPI_Allreduce`.
  public func allReduce<Element: MessageElement>(
    _ value: Element, _ reduction: Reduction<Element>
  ) throws(MPIError) -> Element {
    guard size > 1 else { return value }
    var result = value
    // Sound: one initialised element, accessed by nothing else meanwhile.
    try unsafe check(
      MPI_Allreduce(
        copenmpi_in_place(), &result, 1, Element.handle, reduction.handle, handle),
      "MPI_Allreduce")
    return result
  }
}
