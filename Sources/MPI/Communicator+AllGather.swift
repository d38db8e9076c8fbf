internal import COpenMPI

extension Communicator {
  /// Lays the elements of all ranks, equally many of each, one after another on every rank.
  ///
  /// The corresponding MPI routine is `MPI_Allgather`.
  public func allGather<Element: MessageElement>(
    _ values: Span<Element>, into result: inout MutableSpan<Element>
  ) throws(MPIError) {
    checkCounts(result.count, values.count * size, "gathered elements")
    guard size > 1 else { return result.copy(values) }
    let count = try count(values.count, "MPI_Allgather")
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Allgather(
          source.baseAddress, count, Element.handle, destination.baseAddress, count,
          Element.handle, handle),
        "MPI_Allgather")
    }
  }

  /// The values of all ranks, in their order.
  ///
  /// The corresponding MPI routine is `MPI_Allgather`.
  public func allGather<Element: MessageElement>(_ value: Element) throws(MPIError) -> [Element] {
    var all = [Element](repeating: value, count: size)
    var result = all.mutableSpan
    try allGather([value].span, into: &result)
    return all
  }

  /// Lays the blocks of all ranks one after another on every rank.
  ///
  /// The corresponding MPI routine is `MPI_Allgatherv`.
  public func allGather<Element: MessageElement>(
    _ values: Span<Element>, blocks: Blocks, into result: inout MutableSpan<Element>
  ) throws(MPIError) {
    checkBlocks(blocks, result.count, "gathered elements")
    checkOwnBlock(blocks, values.count)
    guard size > 1 else { return result.copy(values) }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Allgatherv(
          source.baseAddress, blocks.counts[rank], Element.handle, destination.baseAddress,
          blocks.counts, blocks.offsets, Element.handle, handle),
        "MPI_Allgatherv")
    }
  }

  /// Completes every rank's elements with the others' blocks; its own lies in its place already.
  ///
  /// The corresponding MPI routine is `MPI_Allgatherv` with `MPI_IN_PLACE`.
  public func allGather<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, blocks: Blocks
  ) throws(MPIError) {
    checkBlocks(blocks, values.count, "gathered elements")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Allgatherv(
          copenmpi_in_place(), 0, Element.handle, buffer.baseAddress, blocks.counts,
          blocks.offsets, Element.handle, handle),
        "MPI_Allgatherv")
    }
  }
}
