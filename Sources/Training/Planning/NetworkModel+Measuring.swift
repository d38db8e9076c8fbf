public import MPI

extension NetworkModel {
  /// Measures latency and bandwidth by sending messages to and fro between the first rank and the last.
  ///
  /// Half the time of a short message to and fro counts as latency, overheads included; what each byte
  /// of a long one takes beyond it gives the bandwidth. Both are the smallest medians of a few rounds.
  ///
  /// - Parameters:
  ///   - world: the ranks, two or more.
  ///   - repetitions: how often each message goes to and fro in a round.
  ///   - longBytes: the bytes of the long message.
  /// - Returns: the same model on all ranks.
  /// - Throws: what MPI throws.
  public static func measured(
    between world: Communicator, repetitions: Int = 100, longBytes: Int = 1 << 20
  ) throws(MPIError) -> NetworkModel {
    precondition(world.size > 1, "measuring messages on \(world.size) rank")
    Runtime.note("measuring messages")
    var (short, long) = (Double.infinity, Double.infinity)
    for _ in 0..<5 {
      keepBusy(seconds: 0.05)
      short = min(short, try halfRound(bytes: 8, repetitions, world))
      long = min(long, try halfRound(bytes: longBytes, repetitions / 4 + 1, world))
    }
    var values = [short, Double(longBytes) / max(long - short, 1e-9)]
    try world.broadcast(&values)
    return NetworkModel(
      latencyInSeconds: values[0], overheadInSeconds: 0, bytesPerSecond: values[1])
  }

  /// Computes for a while: the system parts ranks that it has put on one core when both are busy, but
  /// not when they take turns.
  private static func keepBusy(seconds: Double) {
    let start = ContinuousClock.now
    while Training.seconds(since: start) < seconds {}
  }

  /// The median of half the seconds in which a message goes to and fro; of no meaning on other ranks.
  private static func halfRound(
    bytes: Int, _ repetitions: Int, _ world: Communicator
  ) throws(MPIError) -> Double {
    var message = [UInt8](repeating: 0, count: bytes)
    let last = world.size - 1
    try world.barrier()
    var times: [Double] = []
    for _ in 0..<repetitions where world.rank == 0 || world.rank == last {
      let start = ContinuousClock.now
      if world.rank == 0 { try world.send(message.span, to: last) }
      var span = message.mutableSpan
      try world.receive(into: &span, from: last - world.rank)
      if world.rank == last { try world.send(message.span, to: 0) }
      times.append(seconds(since: start) / 2)
    }
    try world.barrier()
    return times.isEmpty ? 0 : times.sorted()[times.count / 2]
  }
}
