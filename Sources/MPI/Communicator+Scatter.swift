internal import COpenMPI

extension Communicator {
  /// Gives every rank its part of the root's elements, equally many to each.
  ///
  /// Other ranks' `values` are not read, and may be empty. The corresponding MPI routine is
  /// `MPI_Scatter`.
  public func scatter<Element: MessageElement>(
    _ values: Span<Element>, into result: inout MutableSpan<Element>, from root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Scatter")
    if rank == root { checkCounts(values.count, result.count * size, "scattered elements") }
    guard size > 1 else { return result.copy(values) }
    let count = try count(result.count, "MPI_Scatter")
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Scatter(
          source.baseAddress, count, Element.handle, destination.baseAddress, count,
          Element.handle, Int32(root), handle),
        "MPI_Scatter")
    }
  }

  /// Gives every rank its block of the root's elements.
  ///
  /// Other ranks' `values` are not read, and may be empty. The corresponding MPI routine is
  /// `MPI_Scatterv`.
  public func scatter<Element: MessageElement>(
    _ values: Span<Element>, blocks: Blocks, into result: inout MutableSpan<Element>,
    from root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Scatterv")
    if rank == root { checkBlocks(blocks, values.count, "scattered elements") }
    checkOwnBlock(blocks, result.count)
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Scatterv(
          source.baseAddress, blocks.counts, blocks.offsets, Element.handle,
          destination.baseAddress, blocks.counts[rank], Element.handle, Int32(root), handle),
        "MPI_Scatterv")
    }
  }

  /// Gives every rank its block of the root's elements, in the same place of its own.
  ///
  /// The corresponding MPI routine is `MPI_Scatterv` with `MPI_IN_PLACE` at the root.
  public func scatter<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, blocks: Blocks, from root: Int = 0
  ) throws(MPIError) {
    try check(root: root, "MPI_Scatterv")
    checkBlocks(blocks, values.count, "scattered elements")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      let own = unsafe UnsafeMutableRawPointer(buffer.address(at: blocks[rank].lowerBound))
      try unsafe check(
        MPI_Scatterv(
          buffer.baseAddress, blocks.counts, blocks.offsets, Element.handle,
          rank == root ? copenmpi_in_place() : own, blocks.counts[rank], Element.handle,
          Int32(root), handle),
        "MPI_Scatterv")
    }
  }
}
