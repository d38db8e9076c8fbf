import Kernels
import Testing
import Training

@Suite struct ExpertScheduleTests {
  @Test(arguments: 1...7, 1...9)
  func `every expert has one owner`(experts: Int, size: Int) {
    let rows = rows(experts, seed: 1)
    let schedule = ExpertSchedule(rows: rows, size: size)
    #expect(schedule.owners.count == experts)
    #expect(schedule.owners.allSatisfy((0..<size).contains))
    let owned = (0..<size).map { schedule.experts(ofRank: $0, rows: rows) }
    #expect(owned.joined().sorted() == Array(0..<experts))
    for (rank, experts) in owned.enumerated() {
      #expect(experts.allSatisfy { schedule.owners[$0] == rank })
      #expect(experts.map { rows[$0] } == experts.map { rows[$0] }.sorted(by: >))
    }
  }

  @Test(arguments: 1...7, 1...9)
  func `no rank has two experts while another has none`(experts: Int, size: Int) {
    let schedule = ExpertSchedule(rows: rows(experts, seed: 2), size: size)
    #expect(Set(schedule.owners).count == min(experts, size))
  }

  @Test(arguments: 1...7, 1...4)
  func `the largest load is at most four thirds of the least possible`(experts: Int, size: Int) {
    for seed in 0..<5 {
      let rows = rows(experts, seed: UInt64(seed))
      let schedule = ExpertSchedule(rows: rows, size: size)
      let found = largestLoad(schedule.owners, rows, size)
      #expect(3 * found <= 4 * leastLargestLoad(rows, size))
    }
  }

  @Test func `equal experts are dealt in order`() {
    #expect(ExpertSchedule(rows: [5, 5, 5, 5, 5], size: 2).owners == [0, 1, 0, 1, 0])
  }

  @Test func `no experts need no ranks`() {
    let schedule = ExpertSchedule(rows: [], size: 3)
    #expect(schedule.owners.isEmpty && schedule.experts(ofRank: 2, rows: []).isEmpty)
  }

  /// From 1 to 1000 rows.
  private func rows(_ experts: Int, seed: UInt64) -> [Int] {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    return (0..<experts).map { 1 + stream.integer(below: 1000, at: $0) }
  }

  private func largestLoad(_ owners: [Int], _ rows: [Int], _ size: Int) -> Int {
    var loads = [Int](repeating: 0, count: size)
    for (expert, owner) in owners.enumerated() { loads[owner] += rows[expert] }
    return loads.reduce(0, max)
  }

  /// The best of all ways to share experts out.
  private func leastLargestLoad(_ rows: [Int], _ size: Int) -> Int {
    var least = Int.max
    var owners = [Int](repeating: 0, count: rows.count)
    while true {
      least = min(least, largestLoad(owners, rows, size))
      guard let digit = owners.lastIndex(where: { $0 < size - 1 }) else { return least }
      owners[digit] += 1
      for later in digit + 1..<owners.count { owners[later] = 0 }
    }
  }
}
