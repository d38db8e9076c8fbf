// The forms of exchanges, for P ranks and n bytes. A single rank sends nothing in any of them.

extension Traffic {
  /// Every rank exchanges the whole vector with one at distance 1, 2, 4, ….
  ///
  /// `log2 P` messages of `n` bytes. `P` is a power of two.
  public static func doubling(_ bytes: Int, ranks: Int) -> Traffic {
    let rounds = exactLogarithm(ranks)
    return Traffic(
      rounds: rounds, messages: rounds, bytes: rounds * bytes, totalBytes: ranks * rounds * bytes)
  }

  /// Every rank exchanges half of what is left with one at distance 1, 2, 4, …, and sums on the way back.
  ///
  /// `2 log2 P` messages of `2 n (P - 1) / P` bytes in all. `P` is a power of two.
  public static func halving(_ bytes: Int, ranks: Int) -> Traffic {
    let rounds = 2 * exactLogarithm(ranks)
    return Traffic(
      rounds: rounds, messages: rounds, bytes: 2 * bytes * (ranks - 1) / ranks,
      totalBytes: 2 * bytes * (ranks - 1))
  }

  /// Every rank sends a `P`-th of each of its nodes to every other rank, then ranks gather finished parts.
  ///
  /// The messages of the first exchange go at once. `nodes` counts the nodes of each rank, `m` in all: a
  /// rank sends `n (P - 1) / P` bytes for each of its own and receives `n / P` for each of the others',
  /// whichever is more. Then it sends `n (P - 1) / P`.
  public static func scattered(_ bytes: Int, nodes: [Int]) -> Traffic {
    let (ranks, all) = (nodes.count, nodes.reduce(0, +))
    guard ranks > 1 else { return Traffic() }
    let busiest = nodes.map { max($0 * (ranks - 1), all - $0) }.max() ?? 0
    let scatter = Traffic(
      rounds: 1, messages: ranks - 1, bytes: busiest * bytes / ranks,
      totalBytes: all * bytes * (ranks - 1) / ranks)
    return scatter + allGather(bytes, ranks: ranks)
  }

  /// Parts of `n` bytes in all go round a ring: `P - 1` messages of `n (P - 1) / P` bytes in all.
  public static func allGather(_ bytes: Int, ranks: Int) -> Traffic {
    Traffic(
      rounds: ranks - 1, messages: ranks - 1, bytes: bytes * (ranks - 1) / ranks,
      totalBytes: bytes * (ranks - 1))
  }

  /// Every rank sends a `P`-th of its `n` bytes to every other, at once: `n (P - 1) / P` bytes.
  public static func allToAll(_ bytes: Int, ranks: Int) -> Traffic {
    guard ranks > 1 else { return Traffic() }
    let sent = bytes * (ranks - 1) / ranks
    return Traffic(rounds: 1, messages: ranks - 1, bytes: sent, totalBytes: ranks * sent)
  }

  /// Parts of `n` bytes in all go to one rank, at once.
  public static func gather(_ bytes: Int, ranks: Int) -> Traffic {
    guard ranks > 1 else { return Traffic() }
    let sent = bytes * (ranks - 1) / ranks
    return Traffic(rounds: 1, messages: ranks - 1, bytes: sent, totalBytes: sent)
  }

  /// One rank's `n` bytes go to all along a binomial tree: the root sends `⌈log2 P⌉` messages.
  public static func broadcast(_ bytes: Int, ranks: Int) -> Traffic {
    let rounds = logarithm(ranks)
    return Traffic(
      rounds: rounds, messages: rounds, bytes: rounds * bytes, totalBytes: bytes * (ranks - 1))
  }

  /// A short vector summed by MPI: as ``doubling(_:ranks:)``, with `⌈log2 P⌉` messages.
  public static func allReduce(_ bytes: Int, ranks: Int) -> Traffic {
    let rounds = logarithm(ranks)
    return Traffic(
      rounds: rounds, messages: rounds, bytes: rounds * bytes, totalBytes: ranks * rounds * bytes)
  }

  private static func exactLogarithm(_ ranks: Int) -> Int {
    precondition(ranks > 0 && ranks & (ranks - 1) == 0, "\(ranks) ranks, expected a power of two")
    return ranks.trailingZeroBitCount
  }

  /// `⌈log2 P⌉`.
  private static func logarithm(_ ranks: Int) -> Int {
    precondition(ranks > 0, "\(ranks) ranks")
    return Int.bitWidth - (ranks - 1).leadingZeroBitCount
  }
}
