import Testing
import Training

/// What the engine's steps send, against numbers worked by hand.
@Suite struct StepTrafficTests {
  private func step(
    floats: Int = 600, tables: StepTraffic.Tables = .init(), ranks: Int,
    ranksOnNode: Int = 1
  ) -> StepTraffic {
    StepTraffic(
      floats: floats, prefix: 50, tables: tables, batch: 96, shards: 8, ranks: ranks,
      ranksOnNode: ranksOnNode)
  }

  @Test func `one rank sends nothing, and needs the buffers of the tree`() {
    let step = step(tables: .init(rows: [5, 1000], width: 4), ranks: 1)
    #expect(step.total == Traffic() && step.additions == 0 && step.shards == 8)
    // A tree over eight shards has four levels; 96 rows have 2 · 4 + 1 gradients and 2 ids.
    #expect(step.bufferFloats == 4 * 650 + 96 * 11)
  }

  @Test(arguments: [2, 4, 8])
  func `a power of two of ranks doubles`(ranks: Int) {
    let step = step(ranks: ranks)
    #expect(step.form == .doubling)
    #expect(step.gradients == .doubling(2400, ranks: ranks))
    #expect(step.shards == 8 / ranks)
    #expect(step.additions == Double(ranks.trailingZeroBitCount))
    #expect(step.bufferFloats == 4 * 650 + 600)
  }

  @Test func `three ranks scatter their nodes`() {
    // Shards 0 to 1, 2 to 4 and 5 to 7: one node, two (2 to 3, 4) and two (5, 6 to 7).
    let step = step(ranks: 3)
    #expect(step.form == .scattered)
    #expect(step.gradients == .scattered(2400, nodes: [1, 2, 2]))
    #expect(step.shards == 3)
    #expect(step.additions == 4.0 / 3)
    // Four levels and two nodes; five nodes' thirds arrive, two whole ones leave.
    #expect(step.bufferFloats == 6 * 650 + 5 * 200 + 2 * 600)
  }

  @Test(arguments: [2, 4, 8])
  func `long vectors are halved`(ranks: Int) {
    let step = step(floats: 40_000, ranks: ranks)
    #expect(step.form == .halving)
    #expect(step.gradients == .halving(160_000, ranks: ranks))
    #expect(step.additions == Double(ranks - 1) / Double(ranks))
    #expect(step.bufferFloats == 4 * 40_050 + 20_000)
  }

  @Test func `small tables go with the tower, rows of others to their owners and back`() {
    let step = step(tables: .init(rows: [5, 1000], width: 4), ranks: 4)
    // Five rows of 4 + 2 floats.
    #expect(step.gradients == .doubling(4 * 630, ranks: 4))
    // A rank has 24 rows of the batch, all ranks 96, entries of 4 + 3 floats.
    #expect(
      step.rows
        == .allToAll(16, ranks: 4) + .allToAll(4 * 24 * 7, ranks: 4) + .allGather(16, ranks: 4)
        + .allGather(4 * 96 * 7, ranks: 4))
    #expect(step.total == step.gradients + step.rows)
    // The tree, a received vector, 24 rows of gradients; lists: its own for each owner, three times all.
    #expect(
      step.bufferFloats == 4 * 680 + 630 + 24 * 9 + (4 * 24 + 3 * 96) * 7)
  }

  @Test func `ranks of a node send no rows, and wait for one another`() {
    let tables = StepTraffic.Tables(rows: [5, 1000], width: 4)
    let toOwners = Traffic.allToAll(16, ranks: 4) + .allToAll(4 * 24 * 7, ranks: 4)
    // The five rows go with the tower: they are fewer than a rank has of the batch, and of one block.
    let one = step(tables: tables, ranks: 4, ranksOnNode: 4)
    #expect(one.form == .shared)
    #expect(one.gradients == 2 * .allReduce(0, ranks: 4) + .allReduce(8, ranks: 4))
    #expect(one.rows == 2 * .allReduce(0, ranks: 4) + .allReduce(8, ranks: 4))
    // A quarter of three additions of nodes, and all of those of the 30 floats of a small table.
    #expect(one.additions == 3 * (0.25 + 30.0 / 630))
    // The tree with the rank's node, the part it updates, partial sums, 24 rows of gradients and ids.
    #expect(one.bufferFloats == 5 * 680 + 158 + 4 * 630 + 24 * 11)
    let two = step(tables: tables, ranks: 4, ranksOnNode: 2)
    #expect(
      two.rows
        == toOwners + .allGather(16, ranks: 4) + .allGather(4 * 96 * 7, ranks: 4)
        + .allReduce(8, ranks: 2) + .allReduce(0, ranks: 2))
  }

  @Test func `rows of sharded tables come from their owners, and gradients go there`() {
    let step = step(
      tables: .init(rows: [5, 1000], width: 4, placement: .sharded), ranks: 4)
    #expect(step.gradients == .doubling(2400, ranks: 4))
    // Five rows and 24 at most; row numbers, values of 4 + 1 floats, entries of 4 + 3.
    #expect(
      step.rows
        == .allToAll(16, ranks: 4) + .allToAll(4 * 29, ranks: 4) + .allToAll(4 * 29 * 5, ranks: 4)
        + .allToAll(16, ranks: 4) + .allToAll(4 * 29 * 7, ranks: 4) + .allReduce(8, ranks: 4))
  }

  @Test func `tables that are all small need no lists`() {
    let step = step(tables: .init(rows: [5, 3], width: 4), ranks: 4)
    #expect(step.rows == Traffic())
    #expect(step.gradients == .doubling(4 * (600 + 8 * 6), ranks: 4))
  }

  @Test(arguments: [1, 2, 3, 5, 7, 8])
  func `the ranks of a step send no less than every gradient once to every rank`(ranks: Int) {
    let step = step(floats: 840, ranks: ranks)
    #expect(step.gradients.totalBytes >= 4 * 840 * (ranks - 1))
  }
}
