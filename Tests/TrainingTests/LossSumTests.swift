import Kernels
import MPI
import Testing
import Training

@Suite struct LossSumTests {
  @Test(arguments: [1, 7, 8, 16], [1, 2, 17])
  func `the mean is the sum in the order of steps and shards, over all rows`(
    shards: Int, steps: Int
  ) throws {
    let stream = RandomStream(seed: 1, purpose: .synthesis)
    var losses = LossSum(shards: shards)
    losses.reserve(steps: steps)
    for round in 0..<3 {
      var sum = 0.0
      var rows = 0
      for step in 0..<steps {
        let values = (0..<shards).map { stream.derived(round).derived(step).uniform(at: $0) }
        losses.add(values, rows: 10 + step)
        for value in values { sum += value }
        rows += 10 + step
      }
      // Every round begins anew.
      let mean = try losses.mean(over: .alone)
      #expect(mean == sum / Double(rows))
    }
  }
}
