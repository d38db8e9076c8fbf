import Kernels
import Testing
import Training

@Suite struct ExpertQueueTests {
  @Test(arguments: [0, 1, 7, 15, 16, 17], [1, 2, 3, 7])
  func `whoever asks when, every expert is handed out once, the longest first`(
    experts: Int, ranks: Int
  ) {
    for seed in 0..<10 {
      let stream = RandomStream(seed: UInt64(seed), purpose: .synthesis)
      let rows = (0..<experts).map { stream.integer(below: 50, at: $0) }
      let schedule = ExpertSchedule(rows: rows, ranks: ranks)
      var queue = ExpertQueue(schedule)
      var owners: [Int: Int] = [:]
      for group in schedule.groups.indices {
        if let expert = schedule.first(ofGroup: group) { owners[expert] = group }
      }
      var handedOut: [Int] = []
      for turn in 0..<3 * experts + 3 {
        let group = stream.derived(1).integer(below: schedule.groups.count, at: turn)
        guard let expert = queue.take(for: group) else { continue }
        #expect(owners.updateValue(group, forKey: expert) == nil)
        handedOut.append(expert)
      }
      #expect(handedOut == schedule.order.dropFirst(schedule.groups.count).map { $0 })
      #expect(owners.keys.sorted() == Array(0..<experts))
      #expect(queue.owners == (0..<experts).map { owners[$0] })
    }
  }

  @Test func `an expert that nobody has asked for has no owner`() {
    let queue = ExpertQueue(ExpertSchedule(rows: [1, 3, 2], ranks: 2))
    #expect(queue.owners == [nil, 0, 1])
  }
}
