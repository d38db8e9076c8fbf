import Testing
import Training

/// What the engine's steps send, against numbers worked by hand.
@Suite struct StepTrafficTests {
  private func step(floats: Int = 600, rowFloats: Int = 0, ranks: Int) -> StepTraffic {
    StepTraffic(floats: floats, prefix: 50, rowFloats: rowFloats, shards: 8, ranks: ranks)
  }

  @Test func `one rank sends nothing, and needs the buffers of the tree`() {
    let step = step(rowFloats: 1000, ranks: 1)
    #expect(step.total == Traffic() && step.additions == 0 && step.shards == 8)
    // A tree over eight shards has four levels; the rank has one node of it.
    #expect(step.bufferFloats == 5 * 650)
  }

  @Test(arguments: [2, 4, 8])
  func `a power of two of ranks doubles`(ranks: Int) {
    let step = step(ranks: ranks)
    #expect(step.form == .doubling)
    #expect(step.gradients == .doubling(2400, ranks: ranks))
    #expect(step.shards == 8 / ranks)
    #expect(step.additions == Double(ranks.trailingZeroBitCount))
    #expect(step.bufferFloats == 5 * 650 + 600)
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

  @Test func `gradients of table rows are gathered by all`() {
    let step = step(rowFloats: 1000, ranks: 4)
    #expect(step.rows == .allGather(4000, ranks: 4))
    #expect(step.total == step.gradients + step.rows)
  }

  @Test(arguments: [1, 2, 3, 5, 7, 8])
  func `the ranks of a step send no less than every gradient once to every rank`(ranks: Int) {
    let step = step(floats: 840, ranks: ranks)
    #expect(step.gradients.totalBytes >= 4 * 840 * (ranks - 1))
  }
}
