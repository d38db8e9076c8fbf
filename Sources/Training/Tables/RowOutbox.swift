import Kernels
import MPI

/// Entries for the owners of their rows: what a rank sends of the gradients of tables, each owner's together.
struct RowOutbox: ~Copyable {
  private let owners: RowOwners
  /// The most entries for an owner.
  private let capacity: Int
  /// By owner: how many entries there are.
  private(set) var counts: [Int32]
  /// The owners' entries, with room for more behind those of each.
  private(set) var entries: RowEntries

  /// Makes room for a number of entries.
  init(_ owners: RowOwners, capacity: Int, embeddingWidth: Int) {
    self.owners = owners
    self.capacity = capacity
    counts = Array(repeating: 0, count: owners.size)
    entries = RowEntries(capacity: owners.size * capacity, embeddingWidth: embeddingWidth)
    entries.resize(to: owners.size * capacity)
  }

  /// Forgets all entries.
  mutating func removeAll() {
    for rank in counts.indices { counts[rank] = 0 }
  }

  /// Adds an entry; those of an owner keep their order.
  mutating func append(row: Int, shard: Int, sum: Span<Float>) {
    let owner = owners.owner(ofRow: row)
    precondition(counts[owner] < capacity, "more than \(capacity) entries for rank \(owner)")
    entries.set(owner * capacity + Int(counts[owner]), row: row, shard: shard, sum: sum)
    counts[owner] += 1
  }

  /// Sets the blocks of floats that go to the owners.
  func setBlocks(_ blocks: inout Blocks) throws(MPIError) {
    try blocks.replace(counts: counts, times: entries.width, stride: capacity * entries.width)
  }
}
