package import Kernels
package import Models
package import MPI

/// Brings sharded tables together, once for each node.
package struct TableGathering: ~Copyable {
  private let model: Model
  private let world: Communicator
  /// The ranks that share the tables: those of a node, or this one alone.
  private let node: Communicator
  /// One rank of each node; `nil` on the others.
  private let leaders: Communicator?
  /// By rank: its node, as numbered among ``leaders``.
  private let nodes: [Int]
  private var parameters: NodeParameters
  /// The most floats of a message.
  private let floatsAtOnce: Int

  /// Allocates the parameters of a model, their tables once for each node where memory can be shared.
  ///
  /// All ranks call it. `sharesMemory` is whether they try to, `floatsAtOnce` the most of a message.
  package init(
    _ model: Model, world: Communicator, sharesMemory: Bool = true, floatsAtOnce: Int = 1 << 20
  ) throws(MPIError) {
    let parameters = try NodeParameters(model, world: world, sharesMemory: sharesMemory)
    let node = parameters.node
    let leaders = try world.subgroup(isMember: node.rank == 0)
    var leader = node.rank == 0 ? leaders?.rank ?? 0 : 0
    try node.broadcast(&leader)
    nodes = try world.allGather(leader)
    self.floatsAtOnce = floatsAtOnce
    self.model = model
    self.world = world
    self.node = node
    self.leaders = leaders
    self.parameters = parameters
  }

  /// Why this rank could not share memory with those of its node, if it could not.
  package var refusal: SharedMemory.Failure? { parameters.refusal }

  /// Copies the dense parameters, and the tables from the ranks' shards.
  package mutating func gather(
    _ trained: borrowing Buffer, _ shard: TableShard
  ) throws(MPIError) {
    parameters.values.copy(0..<model.ranges.tables.lowerBound, of: trained, to: 0)
    shard.copyAll(to: &parameters.values)
    try node.barrier()
    try exchangeAmongNodes(shard)
    try node.barrier()
  }

  /// The parameters.
  package consuming func take() -> Buffer { parameters.take() }

  /// Hands the rows of each rank from its node to the others, some at a time.
  private mutating func exchangeAmongNodes(_ shard: TableShard) throws(MPIError) {
    guard let leaders, leaders.size > 1 else { return }
    let (rows, owners) = (shard.rows, shard.owned.owners)
    let width = rows.width + 1
    let largest = owners.count(ofRank: 0, amongFirst: rows.count)
    let rowsAtOnce = max(1, min(largest, floatsAtOnce / width))
    var scratch = Buffer(count: rowsAtOnce * width)
    for (rank, node) in nodes.enumerated() {
      let owned = owners.count(ofRank: rank, amongFirst: rows.count)
      for start in stride(from: 0, to: owned, by: rowsAtOnce) {
        let numbers = (start..<min(start + rowsAtOnce, owned)).map {
          owners.row(at: $0, ofRank: rank)
        }
        if node == leaders.rank { pack(numbers, rows, into: &scratch) }
        try TableGathering.broadcast(
          &scratch, count: numbers.count * width, from: node, leaders)
        if node != leaders.rank { unpack(numbers, rows, from: scratch) }
      }
    }
  }

  private func pack(_ numbers: [Int], _ rows: TableRows, into scratch: inout Buffer) {
    for (index, number) in numbers.enumerated() {
      let place = rows.floats(ofRow: number)
      let start = index * (rows.width + 1)
      scratch.copy(place.embedding, of: parameters.values, to: start)
      guard let weight = place.weight else { continue }
      scratch.copy(weight..<weight + 1, of: parameters.values, to: start + rows.width)
    }
  }

  private mutating func unpack(_ numbers: [Int], _ rows: TableRows, from scratch: borrowing Buffer)
  {
    for (index, number) in numbers.enumerated() {
      let place = rows.floats(ofRow: number)
      let start = index * (rows.width + 1)
      let middle = start + rows.width
      parameters.values.copy(start..<middle, of: scratch, to: place.embedding.lowerBound)
      if let weight = place.weight {
        parameters.values.copy(middle..<middle + 1, of: scratch, to: weight)
      }
    }
  }

  /// Static, because a view of a property of a value excludes all other uses of the value.
  private static func broadcast(
    _ scratch: inout Buffer, count: Int, from root: Int, _ leaders: Communicator
  ) throws(MPIError) {
    var span = scratch.mutableSpan(0..<count)
    try leaders.broadcast(&span, from: root)
  }
}
