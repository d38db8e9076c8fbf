import Features
import Kernels
import MPI
import Models
import Optimizers
import Training

extension Case {
  /// Gradients of tables, summed over ranks and used by them.
  static let tables = [
    Case("tables-replicated", "replicated tables have the bits of those of one rank") {
      world, _ in
      for updates in TableUpdates.allCases { try train(updates, .apart, world) }
    },
    Case("tables-on-node", "so have those that the ranks of a node share") { world, _ in
      for updates in TableUpdates.allCases { try train(updates, .onNode, world) }
    },
    Case("tables-on-node-by-lists", "so have they without shared gradients") { world, _ in
      for updates in TableUpdates.allCases { try train(updates, .onNodeByLists, world) }
    },
    Case("tables-in-pairs", "so have those that ranks share on several nodes") { world, _ in
      for updates in TableUpdates.allCases { try train(updates, .inPairs, world) }
    },
    Case("tables-all-small", "so have tables all of which are small") { world, _ in
      for updates in TableUpdates.allCases {
        try train(updates, .apart, world, cardinalities: [1, 3, 5])
        try train(updates, .onNode, world, cardinalities: [1, 3, 5])
      }
    },
    Case("tables-sharded", "so have sharded ones") { world, _ in
      for updates in TableUpdates.allCases { try train(updates, .sharded, world) }
    },
    Case("tables-not-finite", "all ranks name the table with a sum that is not finite") {
      world, _ in
      for placement in TableSteps.Placement.allCases { try overflow(placement, world) }
    },
    Case("table-gathering", "tables come together with shared memory and without") { world, _ in
      for sharesMemory in [true, false] { try gather(sharesMemory: sharesMemory, world) }
    },
    Case("node-memory", "ranks of a node share the last floats of a buffer, and no others") {
      world, _ in try shareMemory(world)
    },
  ]

  /// Brings initial tables together from the ranks that own the rows.
  private static func gather(sharesMemory: Bool, _ world: Communicator) throws {
    let model = model()
    let expected = model.initialParameters(seed: 7)
    let working = model.withTables(ofAtMost: 10)
    var gathering = try TableGathering(
      model, world: world, sharesMemory: sharesMemory, floatsAtOnce: 1000)
    try gathering.gather(
      working.initialParameters(seed: 7), TableShard(model, seed: 7, group: world))
    let found = gathering.take()
    let (first, second) = (expected.span, found.span)
    try expect(second.count, equals: first.count, "the number of parameters")
    for index in 0..<first.count {
      try expect(second[index], equals: first[index], "parameter \(index)")
    }
  }

  /// Writes on the first rank of a node what all of them read.
  private static func shareMemory(_ world: Communicator) throws {
    let node = try world.splitByNode()
    guard case .shared(var buffer) = try NodeBuffer(ownCount: 64, sharedCount: 5000, node: node)
    else { throw CheckFailure(description: "the ranks of a node share no memory") }
    fill(&buffer, 0..<64, Float(world.rank))
    if node.rank == 0 { fill(&buffer, 64..<5064, 7) }
    try node.barrier()
    let span = buffer.span
    for index in 0..<span.count {
      try expect(span[index], equals: index < 64 ? Float(world.rank) : 7, "float \(index)")
    }
    // More than any machine has: told by the first rank, and by no other.
    guard case .refused(let reason) = try NodeBuffer(ownCount: 0, sharedCount: 1 << 48, node: node)
    else { throw CheckFailure(description: "ranks share a million gigabytes") }
    try expect(reason != nil, equals: node.rank == 0, "whether this rank has a reason")
  }

  private static func fill(_ buffer: inout Buffer, _ range: Range<Int>, _ value: Float) {
    var span = buffer.mutableSpan(range)
    Kernels.fill(&span, with: value)
  }

  private static let tree = ShardTree(shardCount: 8)
  private static let capacity = 97

  /// Tables of 1 and 3 rows, which are sent whole by ranks that hold all, and others: of 400 and 3000 rows
  /// unless said otherwise.
  private static func model(_ cardinalities: [Int] = [1, 3, 400, 3000]) -> Model {
    var configuration = ModelConfiguration()
    configuration.backbone = .wdl
    configuration.adaptation = .none
    configuration.embeddingWidth = 5
    configuration.hidden = [4]
    let schema = Schema(
      fields: cardinalities.enumerated().map { index, cardinality in
        Field(name: "field \(index)", cardinality: cardinality)
      }, domainField: 1, domainNames: ["a", "b", "c"])
    return Model(configuration, schema: schema, capacity: capacity)
  }

  /// Takes steps with full, ragged and tiny batches, and compares the tables with those of one rank.
  private static func train(
    _ updates: TableUpdates, _ placement: TableSteps.Placement, _ world: Communicator,
    cardinalities: [Int] = [1, 3, 400, 3000]
  ) throws {
    let model = model(cardinalities)
    var alone = try TableSteps(model, tree, capacity, updates, .apart, .alone)
    var shared = try TableSteps(model, tree, capacity, updates, placement, world)
    for (step, rows) in [97, 1, 16, 17, 96, 2, 7, 97].enumerated() {
      let fields = (try alone.step(step, rows: rows), try shared.step(step, rows: rows))
      try expect(fields.0, equals: nil, "the table not finite on one rank")
      try expect(fields.1, equals: nil, "the table not finite in step \(step)")
    }
    let (expected, found) = (alone.tables(), shared.tables())
    for (index, bits) in found.enumerated() where bits != TableSteps.absent {
      try expect(bits, equals: expected[index], "table element \(index) after \(updates) updates")
    }
    let own = found.count { $0 != TableSteps.absent }
    guard own > 0, placement == .sharded || own == found.count else {
      throw CheckFailure(description: "\(own) of \(found.count) elements are here")
    }
  }

  /// Takes a step in which rows of one table have gradients whose sum is infinite.
  private static func overflow(_ placement: TableSteps.Placement, _ world: Communicator) throws {
    for fields in [[1], [2], [1, 2], [2, 3]] {
      var steps = try TableSteps(model(), tree, capacity, .dense, placement, world)
      let found = try steps.step(0, rows: 97, overflowing: fields)
      try expect(found, equals: fields[0], "the first table not finite of \(fields)")
    }
  }
}
