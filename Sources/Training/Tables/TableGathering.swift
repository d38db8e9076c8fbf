package import Kernels
package import Models
package import MPI

/// Brings the tables of a model together, once for each node.
package struct TableGathering: ~Copyable {
  private let model: Model
  private let world: Communicator
  /// The ranks that share the tables: those of a node, or this one alone.
  private let node: Communicator
  /// One rank of each node; `nil` on the others.
  private let leaders: Communicator?
  /// By rank: its node, as numbered among ``leaders``.
  private let nodes: [Int]
  private var parameters: Buffer
  /// Why this rank could not share memory with those of its node, if it could not.
  package let refusal: SharedMemory.Failure?
  /// The most floats of a message.
  private let floatsAtOnce: Int

  /// Allocates the parameters of a model, their tables once for each node where memory can be shared.
  ///
  /// All ranks call it. `sharesMemory` is whether they try to, `floatsAtOnce` the most of a message.
  package init(
    _ model: Model, world: Communicator, sharesMemory: Bool = true, floatsAtOnce: Int = 1 << 20
  ) throws(MPIError) {
    let tables = model.ranges.tables
    var node = sharesMemory ? try world.splitByNode() : .alone
    var buffer: Buffer?
    var refusal: SharedMemory.Failure?
    if node.size > 1 {
      switch try NodeBuffer(
        ownCount: tables.lowerBound, sharedCount: tables.count, node: node)
      {
      case .shared(let shared): buffer = consume shared
      case .refused(let reason):
        refusal = reason
        node = .alone
      }
    }
    let leaders = try world.subgroup(isMember: node.rank == 0)
    var leader = node.rank == 0 ? leaders?.rank ?? 0 : 0
    try node.broadcast(&leader)
    nodes = try world.allGather(leader)
    self.refusal = refusal
    self.floatsAtOnce = floatsAtOnce
    self.model = model
    self.world = world
    self.node = node
    self.leaders = leaders
    parameters = buffer.take() ?? Buffer(model.layout)
  }

  /// Copies the dense parameters, and the tables: from the parameters if every rank holds them, or from
  /// the ranks' shards.
  package mutating func gather(
    _ trained: borrowing Buffer, _ shard: TableShard?
  ) throws(MPIError) {
    parameters.copy(0..<model.ranges.tables.lowerBound, of: trained, to: 0)
    if let shard {
      shard.copyAll(to: &parameters)
      try node.barrier()
      try exchangeAmongNodes(shard.rows)
    } else if node.rank == 0 {
      parameters.copy(model.ranges.tables, from: trained)
    }
    try node.barrier()
  }

  /// The parameters.
  package consuming func take() -> Buffer { parameters }

  /// Hands the rows of each rank from its node to the others, some at a time.
  private mutating func exchangeAmongNodes(_ rows: TableRows) throws(MPIError) {
    guard let leaders, leaders.size > 1 else { return }
    let width = rows.width + 1
    let largest = (rows.count + world.size - 1) / world.size
    let rowsAtOnce = max(1, min(largest, floatsAtOnce / width))
    var scratch = Buffer(count: rowsAtOnce * width)
    for (rank, node) in nodes.enumerated() {
      let owned = OwnedRows(rows, rank: rank, size: world.size).count
      for start in stride(from: 0, to: owned, by: rowsAtOnce) {
        let numbers = (start..<min(start + rowsAtOnce, owned)).map { rank + $0 * world.size }
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
      scratch.copy(place.embedding, of: parameters, to: start)
      if let weight = place.weight { scratch.copy(weight, of: parameters, to: start + rows.width) }
    }
  }

  private mutating func unpack(_ numbers: [Int], _ rows: TableRows, from scratch: borrowing Buffer)
  {
    for (index, number) in numbers.enumerated() {
      let place = rows.floats(ofRow: number)
      let start = index * (rows.width + 1)
      let middle = start + rows.width
      parameters.copy(start..<middle, of: scratch, to: place.embedding.lowerBound)
      if let weight = place.weight {
        parameters.copy(middle..<middle + 1, of: scratch, to: weight.lowerBound)
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
