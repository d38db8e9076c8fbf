internal import COpenMPI

extension Communicator {
  /// Sends elements to one rank while receiving from another, or from the same.
  ///
  /// Unlike a send before a receive it cannot end in two ranks that both wait to send. A rank that
  /// sends to itself also receives from itself. The corresponding MPI routine is `MPI_Sendrecv`.
  ///
  /// - Returns: The sender, the tag and the size of the message received.
  @discardableResult
  public func sendReceive<Element: MessageElement>(
    _ values: Span<Element>, to destination: Int,
    into result: inout MutableSpan<Element>, from source: Int, tag: Int = 0
  ) throws(MPIError) -> Envelope {
    try unsafe withBuffers(values, &result) { outgoing, incoming throws(MPIError) in
      try unsafe sendReceive(outgoing, to: destination, into: incoming, from: source, tag: tag)
    }
  }

  /// Exchanges elements with another rank: sends one range of a span and receives into another
  /// range of the same span, which must not overlap the first.
  ///
  /// What a reduction by recursive halving needs on its way back, where one buffer holds both halves.
  /// The corresponding MPI routine is `MPI_Sendrecv`.
  ///
  /// - Returns: The sender, the tag and the size of the message received.
  @discardableResult
  public func exchange<Element: MessageElement>(
    _ values: inout MutableSpan<Element>, sending outgoing: Range<Int>,
    receiving incoming: Range<Int>, with peer: Int, tag: Int = 0
  ) throws(MPIError) -> Envelope {
    let all = 0..<values.count
    precondition(
      all.contains(outgoing) && all.contains(incoming) && !outgoing.overlaps(incoming),
      "sending \(outgoing) and receiving \(incoming) of \(all)")
    return try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe sendReceive(
        UnsafeBufferPointer(rebasing: buffer[outgoing]), to: peer,
        into: UnsafeMutableBufferPointer(rebasing: buffer[incoming]), from: peer, tag: tag)
    }
  }

  private func sendReceive<Element: MessageElement>(
    _ outgoing: UnsafeBufferPointer<Element>, to destination: Int,
    into incoming: UnsafeMutableBufferPointer<Element>, from source: Int, tag: Int
  ) throws(MPIError) -> Envelope {
    try check(root: destination, "MPI_Sendrecv")
    try check(root: source, "MPI_Sendrecv")
    let (sent, room) = try (
      count(outgoing.count, "MPI_Sendrecv"), count(incoming.count, "MPI_Sendrecv")
    )
    let tag = valid(tag)
    guard size > 1 else {
      precondition(sent <= room, "copying \(sent) elements to \(room)")
      if let start = outgoing.baseAddress {
        unsafe incoming.baseAddress?.update(from: start, count: outgoing.count)
      }
      return Envelope(
        source: 0, tag: Int(tag), sizeInBytes: outgoing.count * MemoryLayout<Element>.stride)
    }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv(
        outgoing.baseAddress, sent, Element.handle, Int32(destination), tag,
        incoming.baseAddress, room, Element.handle, Int32(source), tag, handle, &status),
      "MPI_Sendrecv")
    return Envelope(status)
  }
}
