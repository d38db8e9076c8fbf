/// The experts that wait to be trained: each is handed out once, the one with the most rows first.
///
/// Every group has the expert it begins with from the start; the others go to whoever asks first.
package struct ExpertQueue: Sendable {
  private var waiting: ArraySlice<Int>
  /// By expert: the group that it was handed to; `nil` while it waits.
  package private(set) var owners: [Int?]

  /// Begins with one expert in the hands of every group.
  package init(_ schedule: ExpertSchedule) {
    owners = Array(repeating: nil, count: schedule.order.count)
    waiting = schedule.order.dropFirst(schedule.groups.count)
    for group in schedule.groups.indices {
      if let expert = schedule.first(ofGroup: group) { owners[expert] = group }
    }
  }

  /// Hands the next expert to a group; `nil` if none is left.
  package mutating func take(for group: Int) -> Int? {
    let expert = waiting.popFirst()
    if let expert { owners[expert] = group }
    return expert
  }
}
