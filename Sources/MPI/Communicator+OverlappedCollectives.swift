internal import COpenMPI

extension Communicator {
  /// Waits, while the body runs, until every rank has called it.
  ///
  /// The corresponding MPI routine is `MPI_Ibarrier`.
  public func awaitingBarrier<Result>(
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    guard size > 1 else { return try body { true } }
    return try unsafe overlap(
      "MPI_Ibarrier", start: { unsafe MPI_Ibarrier(handle, &$0) }, body: body
    ).0
  }

  /// Copies the root's elements to all ranks while the body runs.
  ///
  /// The corresponding MPI routine is `MPI_Ibcast`.
  public func broadcasting<Element: MessageElement, Result>(
    _ values: inout MutableSpan<Element>, from root: Int = 0,
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    try check(root: root, "MPI_Ibcast")
    guard size > 1 else { return try body { true } }
    let count = try count(values.count, "MPI_Ibcast")
    return try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe overlap(
        "MPI_Ibcast",
        start: { request in
          unsafe MPI_Ibcast(
            buffer.baseAddress, count, Element.handle, Int32(root), handle, &request)
        }, body: body
      ).0
    }
  }

  /// Combines the elements of all ranks, place by place, into each rank's own while the body runs.
  ///
  /// ```swift
  /// try world.allReducing(&gradients, .sum) { poll in
  ///   for shard in shards {
  ///     prepare(shard)
  ///     _ = poll()
  ///   }
  /// }
  /// ```
  /// The corresponding MPI routine is `MPI_Iallreduce` with `MPI_IN_PLACE`.
  public func allReducing<Element: MessageElement, Result>(
    _ values: inout MutableSpan<Element>, _ reduction: Reduction<Element>,
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    guard size > 1 else { return try body { true } }
    let count = try count(values.count, "MPI_Iallreduce")
    return try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe overlap(
        "MPI_Iallreduce",
        start: { request in
          unsafe MPI_Iallreduce(
            copenmpi_in_place(), buffer.baseAddress, count, Element.handle, reduction.handle,
            handle, &request)
        }, body: body
      ).0
    }
  }

  /// Combines the elements of all ranks, place by place, into each rank's result while the body
  /// runs, which may read the elements but not the result.
  ///
  /// The corresponding MPI routine is `MPI_Iallreduce`.
  public func allReducing<Element: MessageElement, Result>(
    _ values: Span<Element>, _ reduction: Reduction<Element>,
    into result: inout MutableSpan<Element>,
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    checkCounts(result.count, values.count, "a reduction")
    guard size > 1 else {
      result.copy(values)
      return try body { true }
    }
    let count = try count(values.count, "MPI_Iallreduce")
    return try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      try unsafe overlap(
        "MPI_Iallreduce",
        start: { request in
          unsafe MPI_Iallreduce(
            source.baseAddress, destination.baseAddress, count, Element.handle, reduction.handle,
            handle, &request)
        }, body: body
      ).0
    }
  }

  /// Lays the blocks of all ranks one after another on every rank while the body runs.
  ///
  /// The corresponding MPI routine is `MPI_Iallgatherv`.
  public func allGathering<Element: MessageElement, Result>(
    _ values: Span<Element>, blocks: Blocks, into result: inout MutableSpan<Element>,
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    checkBlocks(blocks, result.count, "gathered elements")
    checkOwnBlock(blocks, values.count)
    guard size > 1 else {
      result.copy(values)
      return try body { true }
    }
    return try unsafe withBuffers(values, &result) { source, destination throws(MPIError) in
      // MPI reads the counts and offsets until the operation is complete.
      try unsafe withBuffers(blocks.counts.span, blocks.offsets.span) {
        counts, offsets throws(MPIError) in
        try unsafe overlap(
          "MPI_Iallgatherv",
          start: { request in
            unsafe MPI_Iallgatherv(
              source.baseAddress, blocks.counts[rank], Element.handle, destination.baseAddress,
              counts.baseAddress, offsets.baseAddress, Element.handle, handle, &request)
          }, body: body
        ).0
      }
    }
  }
}
