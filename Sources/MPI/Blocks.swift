/// How a buffer is divided into blocks, one for each rank.
///
/// Block `r` begins where block `r - 1` ends, or at `r` times a stride. Made once and used by many calls, with
/// the same counts or others, so that a call allocates nothing.
public struct Blocks: Hashable, Sendable {
  // In MPI's own integers.
  private(set) var counts: [Int32]
  private(set) var offsets: [Int32]

  /// The number of elements of all blocks.
  public private(set) var total: Int
  /// Where the last block ends: ``total`` unless there are gaps.
  public private(set) var end: Int

  /// Creates blocks of the given numbers of elements, in the order of the ranks.
  ///
  /// - Throws: ``MPIError/countTooLarge(_:limit:routine:)`` if there are more than `Int32.max`
  ///   elements in all: MPI's offsets end there.
  public init(counts: [Int]) throws(MPIError) {
    self.counts = Array(repeating: 0, count: counts.count)
    offsets = self.counts
    (total, end) = (0, 0)
    for (rank, count) in counts.enumerated() { try lay(count, rank) }
  }

  /// Creates a block without elements for each of a number of ranks.
  public init(ranks: Int) {
    counts = Array(repeating: 0, count: ranks)
    offsets = counts
    (total, end) = (0, 0)
  }

  /// Changes the blocks to `counts` times `factor` elements; nothing is allocated.
  ///
  /// - Parameters:
  ///   - counts: By rank.
  ///   - factor: The elements of what is counted.
  ///   - stride: How far apart blocks begin, at least the elements of the largest; `nil` if each begins where
  ///     the one before ends.
  /// - Throws: ``MPIError/countTooLarge(_:limit:routine:)`` as when they are made.
  public mutating func replace(
    counts: [Int32], times factor: Int, stride: Int? = nil
  ) throws(MPIError) {
    precondition(counts.count == count, "\(counts.count) counts for \(count) blocks")
    (total, end) = (0, 0)
    for rank in counts.indices { try lay(Int(counts[rank]) * factor, rank, stride: stride) }
  }

  /// Makes a block of `count` elements, behind those of the ranks before.
  private mutating func lay(_ count: Int, _ rank: Int, stride: Int? = nil) throws(MPIError) {
    let start = stride.map { $0 * rank } ?? end
    precondition(count >= 0 && start >= end, "a block of \(count) elements at \(start)")
    guard start + count <= Int32.max else {
      throw .countTooLarge(
        start + count, limit: Int(Int32.max), routine: "blocks of a collective")
    }
    counts[rank] = Int32(count)
    offsets[rank] = Int32(start)
    total += count
    end = start + count
  }

  /// The number of blocks, which is the number of ranks.
  public var count: Int { counts.count }

  /// The elements of one rank's block.
  public subscript(rank: Int) -> Range<Int> {
    let start = Int(offsets[rank])
    return start..<start + Int(counts[rank])
  }
}
