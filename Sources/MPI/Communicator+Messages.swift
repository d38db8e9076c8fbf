internal import COpenMPI

// Messages go to and come from *other* ranks; only an exchange may name the calling rank, and then
// copies. So programs behave alike on one rank and on many.

extension Communicator {
  /// Sends elements to another rank; may wait until that rank receives them.
  ///
  /// The corresponding MPI routine is `MPI_Send`.
  ///
  /// - Parameters:
  ///   - values: The elements.
  ///   - destination: The rank to send to.
  ///   - tag: A number, 0 to 32 767, by which the receiver can choose among messages.
  /// - Throws: ``MPIError/noSuchRank(_:routine:rank:size:)`` or
  ///   ``MPIError/messageToItself(routine:rank:size:)`` if there is no such other rank,
  ///   ``MPIError/countTooLarge(_:limit:routine:)`` above `Int32.max` elements,
  ///   ``MPIError/routineFailed(routine:rank:size:code:text:)`` if MPI fails.
  public func send<Element: MessageElement>(
    _ values: Span<Element>, to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    try check(peer: destination, "MPI_Send")
    let count = try count(values.count, "MPI_Send")
    try unsafe values.withUnsafeBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Send(
          buffer.baseAddress, count, Element.handle, Int32(destination), valid(tag), handle),
        "MPI_Send")
    }
  }

  /// Receives elements from another rank, and waits until they have arrived.
  ///
  /// A message may have fewer elements than there is room for; more are an error.
  /// The corresponding MPI routine is `MPI_Recv`.
  ///
  /// - Parameters:
  ///   - values: Where the elements are laid, from the start.
  ///   - source: The rank to receive from, `nil` for any.
  ///   - tag: The message's tag, `nil` for any.
  /// - Returns: The sender, the tag and the size of the message received.
  /// - Throws: ``MPIError/noSuchRank(_:routine:rank:size:)`` or
  ///   ``MPIError/messageToItself(routine:rank:size:)`` if there is no such other rank,
  ///   ``MPIError/countTooLarge(_:limit:routine:)`` above `Int32.max` elements,
  ///   ``MPIError/routineFailed(routine:rank:size:code:text:)`` if MPI fails, for
  ///   instance because the message has more elements than there is room for.
  @discardableResult
  public func receive<Element: MessageElement>(
    into values: inout MutableSpan<Element>, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Envelope {
    try check(source: source, "MPI_Recv")
    let count = try count(values.count, "MPI_Recv")
    var status = MPI_Status()
    try unsafe values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try unsafe check(
        MPI_Recv(
          buffer.baseAddress, count, Element.handle, rankOrAny(source), tagOrAny(tag), handle,
          &status),
        "MPI_Recv")
    }
    return Envelope(status)
  }

  /// Waits until a message has arrived, and leaves it to be received.
  ///
  /// The corresponding MPI routine is `MPI_Probe`.
  public func probe(from source: Int? = nil, tag: Int? = nil) throws(MPIError) -> Envelope {
    try check(source: source, "MPI_Probe")
    var status = MPI_Status()
    try unsafe check(MPI_Probe(rankOrAny(source), tagOrAny(tag), handle, &status), "MPI_Probe")
    return Envelope(status)
  }

  /// A message that has arrived and is left to be received; `nil` if there is none yet.
  ///
  /// The corresponding MPI routine is `MPI_Iprobe`.
  public func immediateProbe(
    from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Envelope? {
    if let source { try check(peer: source, "MPI_Iprobe") }
    guard size > 1 else { return nil }
    var status = MPI_Status()
    var hasArrived: Int32 = 0
    try unsafe check(
      MPI_Iprobe(rankOrAny(source), tagOrAny(tag), handle, &hasArrived, &status), "MPI_Iprobe")
    return hasArrived != 0 ? Envelope(status) : nil
  }
}

// MARK: - Checks

extension Communicator {
  /// Throws unless `peer` is another rank of the communicator.
  func check(peer: Int, _ routine: String) throws(MPIError) {
    try check(root: peer, routine)
    guard peer != rank else { throw .messageToItself(routine: routine, rank: rank, size: size) }
  }

  /// Throws unless a message can come from `source`.
  func check(source: Int?, _ routine: String) throws(MPIError) {
    if let source { return try check(peer: source, routine) }
    guard size > 1 else { throw .noOtherRank(routine: routine) }
  }

  /// A tag as MPI takes it: the range that every MPI library guarantees.
  func valid(_ tag: Int) -> Int32 {
    precondition((0...32_767).contains(tag), "expected a tag in 0...32767, found \(tag)")
    return Int32(tag)
  }

  /// A tag to match, or MPI's wildcard.
  func tagOrAny(_ tag: Int?) -> Int32 { tag.map(valid) ?? MPI_ANY_TAG }

  /// A source to match, or MPI's wildcard.
  func rankOrAny(_ source: Int?) -> Int32 { source.map { Int32($0) } ?? MPI_ANY_SOURCE }
}
