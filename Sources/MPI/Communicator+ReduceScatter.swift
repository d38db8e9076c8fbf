internal import COpenMPI

extension Communicator {
  /// Combines the elements of all ranks, place by place, and gives every rank its block of the
  /// result.
  ///
  /// The corresponding MPI routine is `MPI_Reduce_scatter`.
  public func reduceScatter<Element: MessageElement>(
    _ values: Span<Element>, _ reduction: Reduction<Element>, blocks: Blocks,
    into result: inout MutableSpan<Element>
  ) throws(MPIError) {
    checkBlocks(blocks, values.count, "a reduction")
    checkOwnBlock(blocks, result.count)
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Reduce_scatter(
          source.baseAddress, destination.baseAddress, blocks.counts, Element.handle,
          reduction.handle, handle),
        "MPI_Reduce_scatter")
    }
  }

  /// Combines the elements of all ranks, place by place, and leaves every rank its block of the
  /// result at the **start** of its elements; the rest has no meaning afterwards.
  ///
  /// The corresponding MPI routine is `MPI_Reduce_scatter` with `MPI_IN_PLACE`.
  public func reduceScatter<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, _ reduction: Reduction<Element>, blocks: Blocks
  ) throws(MPIError) {
    checkBlocks(blocks, values.count, "a reduction")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Reduce_scatter(
          copenmpi_in_place(), buffer.baseAddress, blocks.counts, Element.handle,
          reduction.handle, handle),
        "MPI_Reduce_scatter")
    }
  }
}
