internal import COpenMPI

extension Communicator {
  /// Lays the elements of all ranks, equally many of each, one after another at the root.
  ///
  /// Other ranks' `result` is left as it is, and may be empty. The corresponding MPI routine is
  /// `MPI_Gather`.
  public func gather<Element: MessageElement>(
    _ values: Span<Element>, into result: inout MutableSpan<Element>, at root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Gather")
    if rank == root { checkCounts(result.count, values.count * size, "gathered elements") }
    guard size > 1 else { return result.copy(values) }
    let count = try count(values.count, "MPI_Gather")
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Gather(
          source.baseAddress, count, Element.handle, destination.baseAddress, count,
          Element.handle, Int32(root), handle),
        "MPI_Gather")
    }
  }

  /// Lays the blocks of all ranks one after another at the root.
  ///
  /// Other ranks' `result` is left as it is, and may be empty. The corresponding MPI routine is
  /// `MPI_Gatherv`.
  public func gather<Element: MessageElement>(
    _ values: Span<Element>, blocks: Blocks, into result: inout MutableSpan<Element>,
    at root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Gatherv")
    if rank == root { checkBlocks(blocks, result.count, "gathered elements") }
    checkOwnBlock(blocks, values.count)
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Gatherv(
          source.baseAddress, blocks.counts[rank], Element.handle, destination.baseAddress,
          blocks.counts, blocks.offsets, Element.handle, Int32(root), handle),
        "MPI_Gatherv")
    }
  }

  /// Completes the root's elements with every rank's own block, which lies in its place already.
  ///
  /// The corresponding MPI routine is `MPI_Gatherv` with `MPI_IN_PLACE` at the root.
  public func gather<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, blocks: Blocks, at root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Gatherv")
    checkBlocks(blocks, values.count, "gathered elements")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      let own = unsafe UnsafeMutableRawPointer(buffer.address(at: blocks[rank].lowerBound))
      try unsafe check(
        MPI_Gatherv(
          rank == root ? copenmpi_in_place() : own, blocks.counts[rank], Element.handle,
          buffer.baseAddress, blocks.counts, blocks.offsets, Element.handle, Int32(root), handle),
        "MPI_Gatherv")
    }
  }
}
