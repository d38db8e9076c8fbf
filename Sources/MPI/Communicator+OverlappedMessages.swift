internal import COpenMPI

extension Communicator {
  /// Sends elements to another rank while the body runs; they cannot change meanwhile.
  ///
  /// The corresponding MPI routines are `MPI_Isend` and `MPI_Wait`. The wait, which follows the body
  /// even if it throws, may last until the other rank receives.
  public func sending<Element: MessageElement, Result>(
    _ values: Span<Element>, to destination: Int, tag: Int = 0,
    while body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    try check(peer: destination, "MPI_Isend")
    let count = try count(values.count, "MPI_Isend")
    return try unsafe values.withUnsafeBufferPointer { buffer throws(MPIError) in
      try unsafe overlap(
        "MPI_Isend",
        start: { request in
          unsafe MPI_Isend(
            buffer.baseAddress, count, Element.handle, Int32(destination), valid(tag), handle,
            &request)
        }, body: body
      ).0
    }
  }

  /// Receives elements from another rank while the body runs; they cannot be used meanwhile.
  ///
  /// If the body throws before a message has arrived, the receive is cancelled. The corresponding
  /// MPI routines are `MPI_Irecv`, `MPI_Wait` and `MPI_Cancel`.
  ///
  /// - Returns: The sender, the tag and the size of the message received.
  @discardableResult
  public func receiving<Element: MessageElement>(
    into values: inout MutableSpan<Element>, from source: Int? = nil, tag: Int? = nil,
    while body: (Poll) throws(MPIError) -> Void
  ) throws(MPIError) -> Envelope {
    try check(source: source, "MPI_Irecv")
    let count = try count(values.count, "MPI_Irecv")
    return try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      let (_, status) = try unsafe overlap(
        "MPI_Irecv", cancelsOnError: true,
        start: { request in
          unsafe MPI_Irecv(
            buffer.baseAddress, count, Element.handle, rankOrAny(source), tagOrAny(tag), handle,
            &request)
        }, body: body
      )
      return Envelope(status)
    }
  }
}
