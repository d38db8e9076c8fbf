import Datasets
import Kernels
import Testing

@Suite struct EpochPlanTests {
  let stream = RandomStream(seed: 3, purpose: .shuffle)

  /// Sample ranges of domains of these sizes.
  private func domains(_ counts: [Int]) -> [Range<Int>] {
    var start = 100
    return counts.map { count in
      defer { start += count }
      return start..<start + count
    }
  }

  @Test(
    arguments: [[0], [1], [7], [0, 5], [64, 0, 63], [1009, 65, 1]],
    [(1, 1), (7, 3), (16, 8), (64, 8), (2000, 5)])
  func `every row is in one step and shards make up the step`(
    counts: [Int], sizes: (batch: Int, shards: Int)
  ) {
    let domains = domains(counts)
    let expected = domains.flatMap { $0.map(Int32.init) }
    for batching in Batching.allCases {
      let plan = EpochPlan(
        domains: domains, stream: stream, globalBatch: sizes.batch, shards: sizes.shards,
        batching: batching)
      var rows: [Int32] = []
      for step in 0..<plan.stepCount {
        let samples = plan.samples(ofStep: step)
        #expect(!samples.isEmpty && samples.count <= sizes.batch)
        let shards = (0..<sizes.shards).map { plan.shard($0, ofStep: step) }
        #expect(shards.flatMap { $0 } == Array(samples))
        for (s, shard) in shards.enumerated() {
          let bounds = (0...1).map { samples.count * (s + $0) / sizes.shards }
          #expect(shard.count == bounds[1] - bounds[0])
        }
        rows += samples
      }
      #expect(rows.sorted() == expected)
      #expect(plan.sampleCount == expected.count)
    }
  }

  @Test func `mixed batches are full but for the last`() {
    let plan = EpochPlan(
      domains: domains([50, 53]), stream: stream, globalBatch: 10, shards: 2, batching: .mixed)
    let counts = (0..<plan.stepCount).map { plan.samples(ofStep: $0).count }
    #expect(counts == Array(repeating: 10, count: 10) + [3])
    let first = plan.samples(ofStep: 0)
    #expect(first.contains { $0 < 150 } && first.contains { $0 >= 150 })
  }

  @Test func `batches per domain are of one domain, in a random order, with a ragged one each`() {
    let domains = domains([95, 203])
    let plan = EpochPlan(
      domains: domains, stream: stream, globalBatch: 10, shards: 2, batching: .perDomain)
    #expect(plan.stepCount == 10 + 21)
    var order: [Int] = []
    var ragged: [Int] = []
    for step in 0..<plan.stepCount {
      let samples = plan.samples(ofStep: step)
      let found = Set(samples.map { sample in domains.firstIndex { $0.contains(Int(sample)) } })
      #expect(found.count == 1)
      order += found.compactMap { $0 }
      if samples.count < 10 { ragged.append(samples.count) }
    }
    #expect(ragged.sorted() == [3, 5])
    #expect(order != order.sorted() && order != order.sorted(by: >))
  }

  @Test(arguments: Batching.allCases)
  func `the stream alone decides the order`(batching: Batching) {
    func rows(_ stream: RandomStream) -> [Int32] {
      let plan = EpochPlan(
        domains: domains([40, 41]), stream: stream, globalBatch: 8, shards: 4, batching: batching)
      return (0..<plan.stepCount).flatMap { plan.samples(ofStep: $0) }
    }
    #expect(rows(stream.derived(0)) == rows(stream.derived(0)))
    #expect(rows(stream.derived(0)) != rows(stream.derived(1)))
  }
}
