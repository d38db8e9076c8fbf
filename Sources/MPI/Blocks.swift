/// How a buffer is divided into consecutive blocks, one for each rank.
///
/// Block `r` begins where block `r - 1` ends. Made once and used by many calls, so that a call
/// allocates nothing.
public struct Blocks: Hashable, Sendable {
  // In MPI's own integers.
  let counts: [Int32]
  let offsets: [Int32]

  /// The number of elements of all blocks.
  public let total: Int

  /// Creates blocks of the given numbers of elements, in the order of the ranks.
  ///
  /// - Throws: ``MPIError/countTooLarge(_:limit:routine:)`` if there are more than `Int32.max`
  ///   elements in all: MPI's offsets end there.
  public init(counts: [Int]) throws(MPIError) {
    precondition(counts.allSatisfy { $0 >= 0 }, "blocks of \(counts) elements")
    var total = 0
    var offsets: [Int32] = []
    offsets.reserveCapacity(counts.count)
    for count in counts {
      offsets.append(Int32(total))
      total += count
      guard total <= Int32.max else {
        throw .countTooLarge(total, limit: Int(Int32.max), routine: "blocks of a collective")
      }
    }
    self.counts = counts.map { Int32($0) }
    self.offsets = offsets
    self.total = total
  }

  /// The number of blocks, which is the number of ranks.
  public var count: Int { counts.count }

  /// The elements of one rank's block.
  public subscript(rank: Int) -> Range<Int> {
    let start = Int(offsets[rank])
    return start..<start + Int(counts[rank])
  }
}
