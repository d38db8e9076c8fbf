import Testing
import Training

/// Predictions against numbers worked by hand.
@Suite struct PhaseShapeTests {
  private let network = NetworkModel(
    latencyInSeconds: 0.5, overheadInSeconds: 0, bytesPerSecond: 1e12)
  private let cost = PhaseCost(
    secondsPerRow: 1, secondsPerStep: 10, secondsPerAddition: 0, secondsPerScoredRow: 0,
    secondsPerFigureRow: 0)

  private func shape(_ phase: TrainingPhase, rows: [Int]) -> PhaseShape {
    PhaseShape(
      phase: phase, shards: 4, globalBatch: 40, evaluationsPerEpoch: 0, gradientFloats: 100,
      tables: .init(),
      parts: rows.map {
        .init(
          rows: $0, steps: ($0 + 39) / 40, validationRows: 20, domains: 1, publishedFloats: 0)
      },
      memory: .init(
        dense: 1000, changes: 100, largestChange: 10, prefix: 20, tables: 0, activations: 300,
        fields: 3,
        writesCheckpoints: false))
  }

  private func isNear(_ found: Double, _ expected: Double) -> Bool {
    // Bytes take 1e-12 seconds each here.
    abs(found - expected) < 1e-6
  }

  @Test func `ranks share the rows of a step, and wait for messages`() {
    let shape = shape(.backbone, rows: [80])
    let alone = shape.prediction(ranks: 1, cost: cost, network: network)
    #expect(alone.stepSeconds == 50 && alone.epochSeconds == 100 && alone.efficiency == 1)
    #expect(alone.messageSeconds == 0 && alone.bytesPerEpoch == 0)
    // 10 + 40 / 4, and two rounds of doubling.
    let four = shape.prediction(ranks: 4, cost: cost, network: network)
    #expect(four.ranksPerStep == 4)
    #expect(isNear(four.messageSeconds, 1) && isNear(four.stepSeconds, 21))
    #expect(isNear(four.epochSeconds, 42) && isNear(four.efficiency, 100.0 / (4 * 42)))
    // 100 floats, two rounds, four ranks, two steps.
    #expect(four.bytesPerStep == 3200 && four.bytesPerEpoch == 6400)
  }

  @Test func `a rank with two shards of four holds up the others`() {
    // 10 + 40 · 2 / 4, a round of scattering and two of the ring.
    let three = shape(.gate, rows: [80]).prediction(ranks: 3, cost: cost, network: network)
    #expect(isNear(three.stepSeconds, 31.5))
  }

  @Test func `experts take turns, and groups of ranks share one`() {
    // Steps of 40 rows: 5, 3 and 2 of 50 seconds each.
    let shape = shape(.experts, rows: [80, 200, 120])
    let seconds = [1, 2, 3].map {
      shape.prediction(ranks: $0, cost: cost, network: network).epochSeconds
    }
    // On two ranks the second trains 120 rows, then 80.
    #expect(isNear(seconds[0], 500) && isNear(seconds[1], 250) && isNear(seconds[2], 250))
    // The fourth rank joins that of 200 rows: 5 steps of 10 + 20 + one round.
    let four = shape.prediction(ranks: 4, cost: cost, network: network)
    #expect(four.ranksPerStep == 2 && isNear(four.epochSeconds, 152.5))
    #expect(four.bytesPerEpoch == 5 * 800)
  }

  @Test func `evaluations are shared but for the figures`() {
    var shape = shape(.backbone, rows: [80])
    shape.evaluationsPerEpoch = 2
    let cost = PhaseCost(
      secondsPerRow: 0, secondsPerStep: 0, secondsPerAddition: 0, secondsPerScoredRow: 4,
      secondsPerFigureRow: 1)
    let network = NetworkModel(
      latencyInSeconds: 0, overheadInSeconds: 0, bytesPerSecond: 1e12)
    let seconds = [1, 4].map {
      shape.prediction(ranks: $0, cost: cost, network: network).epochSeconds
    }
    #expect(isNear(seconds[0], 2 * 20 * 5) && isNear(seconds[1], 2 * 20 * 2))
  }

  @Test func `memory is what the engine allocates`() {
    // Three levels of the tree, 120 floats each; a doubling rank receives 100 more.
    let common = 1000 + 3 * 100 + 2 * 300 + 3 * 120 + 40 * 5 + 80 + 20
    let shape = shape(.backbone, rows: [80])
    #expect(shape.memoryInBytes(ranks: 1, onNode: 1) == 4 * common)
    #expect(shape.memoryInBytes(ranks: 2, onNode: 1) == 4 * (common + 100))
  }

  @Test(arguments: TablePlacement.allCases)
  func `checkpoints take four copies of the rows that a rank owns and of its share of the rest`(
    placement: TablePlacement
  ) {
    var shape = shape(.backbone, rows: [80])
    shape.memory.tables = 6000
    shape.tables = .init(rows: [1000], width: 5, placement: placement)
    let ranks = [(1, 1), (4, 1), (4, 2)]
    let without = ranks.map { shape.memoryInBytes(ranks: $0.0, onNode: $0.1) }
    shape.memory.writesCheckpoints = true
    let owners = placement == .sharded ? [1, 4, 4] : [1, 1, 2]
    #expect(
      ranks.map { shape.memoryInBytes(ranks: $0.0, onNode: $0.1) }
        == zip(without, owners).map { $0 + 4 * min(400, 400 / $1 + 2 * 10) + 4 * 4 * 6000 / $1 })
    shape.tables = .init()
    let frozen = shape.memoryInBytes(ranks: 4, onNode: 2)
    shape.memory.writesCheckpoints = false
    #expect(frozen == shape.memoryInBytes(ranks: 4, onNode: 2) + 4 * 4 * 100)
  }

  @Test func `trained tables take five copies, shared out where ranks share them`() {
    var shape = shape(.backbone, rows: [80])
    let without = [1, 4].map { shape.memoryInBytes(ranks: $0, onNode: 1) }
    shape.memory.tables = 6000
    #expect(shape.sharedBytes == 4 * 6000)
    #expect([1, 4].map { shape.memoryInBytes(ranks: $0, onNode: 1) } == without)
    shape.tables = .init(rows: [1000], width: 5)
    #expect(shape.sharedBytes == 4 * 6000)
    // 40 rows of one rank with 6 gradients and an id; of four 10, and lists of 8 floats: its own for each owner, three times all.
    let rows = [40 * 7, 10 * 6 + (4 * 10 + 3 * 40) * 8]
    #expect(
      [1, 4].map { shape.memoryInBytes(ranks: $0, onNode: 1) }
        == zip(without, rows).map { $0 + 4 * ($1 + 4 * 6000) })
    // On one node each updates a quarter, and there are no lists; one vector more, a quarter of the updates and
    // partial sums stand for the received one.
    #expect(
      shape.memoryInBytes(ranks: 4, onNode: 4)
        == without[1] + 4 * (10 * 7 + 6000 + 120 + 25 + 3 * 100 - 100))
    shape.tables.placement = .sharded
    #expect(shape.sharedBytes == 0)
    let sharded = [40 * 6, 10 * 6].enumerated().map { index, rowGradients in
      let own = index == 0 ? 40 : 10
      let ranks = 40 / own
      return rowGradients + (ranks * own + 40) * 8 + (ranks * own + 40) * 6
    }
    #expect(
      [1, 4].map { shape.memoryInBytes(ranks: $0, onNode: 1) }
        == [4 * (sharded[0] + 5 * 6000) + without[0], 4 * (sharded[1] + 5 * 1500) + without[1]])
  }

  @Test func `ranks share the update of sharded tables, those of a node that of replicated ones`() {
    var shape = shape(.backbone, rows: [80])
    let cost = PhaseCost(
      secondsPerRow: 0, secondsPerStep: 1, secondsPerTables: 8, secondsPerAddition: 0,
      secondsPerScoredRow: 0, secondsPerFigureRow: 0)
    let network = NetworkModel(latencyInSeconds: 0, overheadInSeconds: 0, bytesPerSecond: 1e12)
    shape.tables = .init(rows: [1000], width: 5)
    let replicated = shape.prediction(ranks: 4, cost: cost, network: network)
    // The third rank is alone on its node.
    let three = shape.prediction(ranks: 3, cost: cost, network: network, ranksPerNode: 2)
    #expect(isNear(three.stepSeconds, 9))
    let inPairs = shape.prediction(ranks: 4, cost: cost, network: network, ranksPerNode: 2)
    shape.tables.placement = .sharded
    let sharded = shape.prediction(ranks: 4, cost: cost, network: network)
    #expect(isNear(replicated.stepSeconds, 9) && isNear(sharded.stepSeconds, 3))
    #expect(isNear(inPairs.stepSeconds, 5))
  }

  @Test func `a phase without rows takes no time`() {
    let empty = shape(.gate, rows: [0]).prediction(ranks: 2, cost: cost, network: network)
    #expect(empty.epochSeconds == 0 && empty.efficiency == 1)
  }
}
