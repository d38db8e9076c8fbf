internal import COpenMPI

extension Communicator {
  /// Sends the `r`-th part of the elements to rank `r`, and lays what the ranks sent one after
  /// another; all parts have the same size.
  ///
  /// The corresponding MPI routine is `MPI_Alltoall`.
  public func allToAll<Element: MessageElement>(
    _ values: Span<Element>, into result: inout MutableSpan<Element>
  ) throws(MPIError) {
    checkCounts(result.count, values.count, "exchanged elements")
    precondition(
      values.count.isMultiple(of: size), "\(values.count) elements for \(size) equal parts")
    guard size > 1 else { return result.copy(values) }
    let count = try count(values.count / size, "MPI_Alltoall")
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Alltoall(
          source.baseAddress, count, Element.handle, destination.baseAddress, count,
          Element.handle, handle),
        "MPI_Alltoall")
    }
  }

  /// Exchanges the `r`-th part of the elements with rank `r`; all parts have the same size.
  ///
  /// The corresponding MPI routine is `MPI_Alltoall` with `MPI_IN_PLACE`.
  public func allToAll<Element: MessageElement>(
    _ values: inout MutableSpan<Element>
  ) throws(MPIError) {
    precondition(
      values.count.isMultiple(of: size), "\(values.count) elements for \(size) equal parts")
    guard size > 1 else { return }
    let count = try count(values.count / size, "MPI_Alltoall")
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Alltoall(
          copenmpi_in_place(), count, Element.handle, buffer.baseAddress, count, Element.handle,
          handle),
        "MPI_Alltoall")
    }
  }

  /// Sends block `r` of the elements to rank `r`, and lays what that rank sent into block `r`.
  ///
  /// Both spans may have more elements than their blocks.
  ///
  /// The corresponding MPI routine is `MPI_Alltoallv`.
  ///
  /// - Parameters:
  ///   - values: The elements to send.
  ///   - outgoing: Which of them go to which rank.
  ///   - result: Where the received elements are laid.
  ///   - incoming: How many come from which rank: on rank `r`, the count for rank `q` is the one
  ///     that `outgoing` on rank `q` has for rank `r`.
  /// - Throws: ``MPIError/routineFailed(routine:rank:size:code:text:)``.
  public func allToAll<Element: MessageElement>(
    _ values: Span<Element>, blocks outgoing: Blocks,
    into result: inout MutableSpan<Element>, blocks incoming: Blocks
  ) throws(MPIError) {
    checkRoom(for: outgoing, values.count, "elements to send")
    checkRoom(for: incoming, result.count, "elements to receive")
    guard size > 1 else {
      return result.copy(values.extracting(outgoing[0]), to: incoming[0])
    }
    try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe check(
        MPI_Alltoallv(
          source.baseAddress, outgoing.counts, outgoing.offsets, Element.handle,
          destination.baseAddress, incoming.counts, incoming.offsets, Element.handle, handle),
        "MPI_Alltoallv")
    }
  }

  /// Exchanges block `r` of the elements with rank `r`.
  ///
  /// The count that rank `q` has for rank `r` is the one that rank `r` has for rank `q`. The
  /// corresponding MPI routine is `MPI_Alltoallv` with `MPI_IN_PLACE`.
  public func allToAll<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, blocks: Blocks
  ) throws(MPIError) {
    checkBlocks(blocks, values.count, "exchanged elements")
    guard size > 1 else { return }
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Alltoallv(
          copenmpi_in_place(), blocks.counts, blocks.offsets, Element.handle, buffer.baseAddress,
          blocks.counts, blocks.offsets, Element.handle, handle),
        "MPI_Alltoallv")
    }
  }
}
