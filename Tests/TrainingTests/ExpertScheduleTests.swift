import Kernels
import Testing
import Training

@Suite struct ExpertScheduleTests {
  @Test(arguments: 1...7, 1...17)
  func `every rank is in one group, and there are as many as ranks or experts`(
    experts: Int, ranks: Int
  ) {
    let schedule = ExpertSchedule(rows: rows(experts, seed: 1), ranks: ranks)
    #expect(schedule.groups.count == min(experts, ranks))
    #expect(schedule.groups.flatMap { Array($0) } == Array(0..<ranks))
    #expect(schedule.groups.allSatisfy { !$0.isEmpty })
    for (group, members) in schedule.groups.enumerated() {
      #expect(members.allSatisfy { schedule.group(ofRank: $0) == group })
    }
  }

  @Test(arguments: 1...7, 1...9)
  func `groups begin with the experts of most rows, equal ones in order`(
    experts: Int, ranks: Int
  ) {
    let rows = rows(experts, seed: 2).map { $0 % 3 }
    let schedule = ExpertSchedule(rows: rows, ranks: ranks)
    #expect(schedule.order.sorted() == Array(0..<experts))
    for (earlier, later) in zip(schedule.order, schedule.order.dropFirst()) {
      #expect(
        rows[earlier] > rows[later] || (rows[earlier] == rows[later] && earlier < later))
    }
    #expect(
      schedule.groups.indices.map { schedule.first(ofGroup: $0) }
        == schedule.order.prefix(schedule.groups.count).map { $0 })
  }

  @Test(arguments: 1...4, 1...9)
  func `no other sizes of groups give the busiest rank fewer rows`(experts: Int, ranks: Int) {
    guard ranks >= experts else { return }
    for seed in 0..<5 {
      let rows = rows(experts, seed: UInt64(seed))
      let schedule = ExpertSchedule(rows: rows, ranks: ranks)
      let found = schedule.groups.enumerated().map { group, members in
        Double(rows[schedule.order[group]]) / Double(members.count)
      }
      #expect(found.max() == leastRowsOfBusiestRank(rows[...], ranks))
    }
  }

  @Test func `ranks beyond one a group join where most rows fall on each`() {
    // 600, then 300 twice, then 200 for each of three and 200 for each of two.
    let schedule = ExpertSchedule(rows: [400, 100, 600], ranks: 6)
    #expect(schedule.order == [2, 0, 1])
    #expect(schedule.groups == [0..<3, 3..<5, 5..<6])
    #expect(ExpertSchedule(rows: [5, 5, 5], ranks: 5).groups == [0..<2, 2..<4, 4..<5])
  }

  @Test func `no experts leave all ranks in one group without any`() {
    let schedule = ExpertSchedule(rows: [], ranks: 3)
    #expect(schedule.groups == [0..<3] && schedule.first(ofGroup: 0) == nil)
  }

  @Test func `domains without rows have a group all the same`() {
    #expect(ExpertSchedule(rows: [0, 0], ranks: 3).groups == [0..<2, 2..<3])
  }

  /// From 1 to 1000 rows.
  private func rows(_ experts: Int, seed: UInt64) -> [Int] {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    return (0..<experts).map { 1 + stream.integer(below: 1000, at: $0) }
  }

  /// The best of all ways to share ranks out.
  private func leastRowsOfBusiestRank(_ rows: ArraySlice<Int>, _ ranks: Int) -> Double {
    guard let first = rows.first else { return 0 }
    let most = ranks - rows.count + 1
    return (1...most).map { size in
      max(Double(first) / Double(size), leastRowsOfBusiestRank(rows.dropFirst(), ranks - size))
    }.min() ?? 0
  }
}
