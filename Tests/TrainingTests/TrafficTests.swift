import Testing
import Training

/// Forms of exchanges against numbers worked by hand.
@Suite struct TrafficTests {
  private func expect(
    _ traffic: Traffic, _ rounds: Int, _ messages: Int, bytes: Int, total: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      [traffic.rounds, traffic.messages, traffic.bytes, traffic.totalBytes]
        == [rounds, messages, bytes, total], sourceLocation: sourceLocation)
  }

  @Test func `a rank alone sends nothing`() {
    for traffic in [
      Traffic.doubling(800, ranks: 1), .halving(800, ranks: 1), .scattered(800, nodes: [1]),
      .allGather(800, ranks: 1), .gather(800, ranks: 1), .broadcast(800, ranks: 1),
      .allReduce(800, ranks: 1),
    ] {
      #expect(traffic == Traffic())
    }
  }

  @Test func `doubling sends the whole vector in every round`() {
    expect(.doubling(800, ranks: 2), 1, 1, bytes: 800, total: 1600)
    // Eight ranks send 800 bytes three times.
    expect(.doubling(800, ranks: 8), 3, 3, bytes: 2400, total: 19_200)
  }

  @Test func `halving sends ever smaller parts, and the same back`() {
    expect(.halving(800, ranks: 2), 2, 2, bytes: 800, total: 1600)
    // 400, 200, 100 and back: 1400 bytes of each of eight ranks.
    expect(.halving(800, ranks: 8), 6, 6, bytes: 1400, total: 11_200)
  }

  @Test func `scattering sends each node's parts to their ranks, and gathers the sums`() {
    // Three ranks with one node each: 2 · 100 bytes to the others, then 2 · 100 round the ring.
    expect(.scattered(300, nodes: [1, 1, 1]), 3, 4, bytes: 400, total: 1200)
    // Two, three and three nodes: the busiest sends 3 · 200 bytes, all together 8 · 200; the ring 200
    // of each.
    expect(.scattered(300, nodes: [2, 3, 3]), 3, 4, bytes: 800, total: 2200)
    // One node and three: the first receives three halves, the second sends as many.
    expect(.scattered(200, nodes: [1, 3]), 2, 2, bytes: 400, total: 600)
  }

  @Test func `parts go round a ring, to one rank, and from one along a tree`() {
    expect(.allGather(800, ranks: 4), 3, 3, bytes: 600, total: 2400)
    expect(.gather(800, ranks: 4), 1, 3, bytes: 600, total: 600)
    expect(.broadcast(800, ranks: 4), 2, 2, bytes: 1600, total: 2400)
    expect(.broadcast(800, ranks: 5), 3, 3, bytes: 2400, total: 3200)
    expect(.allReduce(8, ranks: 3), 2, 2, bytes: 16, total: 48)
  }

  @Test func `exchanges one after another add up`() {
    let both = 2 * (.gather(800, ranks: 2) + .broadcast(800, ranks: 2))
    expect(both, 4, 4, bytes: 2400, total: 2400)
  }

  @Test func `a network takes latency by rounds, overhead by messages, bandwidth by bytes`() {
    let network = NetworkModel(
      latencyInSeconds: 0.25, overheadInSeconds: 0.125, bytesPerSecond: 100)
    // One round, three messages, 600 bytes.
    #expect(network.time(of: .gather(800, ranks: 4)) == 0.25 + 0.75 + 6)
    #expect(network.time(of: Traffic()) == 0)
  }
}
