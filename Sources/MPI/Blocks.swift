/// How a buffer is divided into consecutive blocks, one for each rank.
///
/// Block `r` begins where block `r - 1` ends. Made once and used by many calls, with the same counts or
/// others, so that a call allocates nothing.
public struct Blocks: Hashable, Sendable {
  // In MPI's own integers.
  private(set) var counts: [Int32]
  private(set) var offsets: [Int32]

  /// The number of elements of all blocks.
  public private(set) var total: Int

  /// Creates blocks of the given numbers of elements, in the order of the ranks.
  ///
  /// - Throws: ``MPIError/countTooLarge(_:limit:routine:)`` if there are more than `Int32.max`
  ///   elements in all: MPI's offsets end there.
  public init(counts: [Int]) throws(MPIError) {
    self.counts = Array(repeating: 0, count: counts.count)
    offsets = self.counts
    total = 0
    for (rank, count) in counts.enumerated() { try lay(count, rank) }
  }

  /// Creates a block without elements for each of a number of ranks.
  public init(ranks: Int) {
    counts = Array(repeating: 0, count: ranks)
    offsets = counts
    total = 0
  }

  /// Changes the blocks to `counts` times `factor` elements; nothing is allocated.
  ///
  /// - Throws: ``MPIError/countTooLarge(_:limit:routine:)`` as when they are made.
  public mutating func replace(counts: [Int32], times factor: Int) throws(MPIError) {
    precondition(counts.count == count, "\(counts.count) counts for \(count) blocks")
    total = 0
    for rank in counts.indices { try lay(Int(counts[rank]) * factor, rank) }
  }

  /// Makes a block of `count` elements, behind those of the ranks before.
  private mutating func lay(_ count: Int, _ rank: Int) throws(MPIError) {
    precondition(count >= 0, "a block of \(count) elements")
    guard total + count <= Int32.max else {
      throw .countTooLarge(
        total + count, limit: Int(Int32.max), routine: "blocks of a collective")
    }
    counts[rank] = Int32(count)
    offsets[rank] = Int32(total)
    total += count
  }

  /// The number of blocks, which is the number of ranks.
  public var count: Int { counts.count }

  /// The elements of one rank's block.
  public subscript(rank: Int) -> Range<Int> {
    let start = Int(offsets[rank])
    return start..<start + Int(counts[rank])
  }
}
