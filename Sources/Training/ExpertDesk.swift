import Glibc
package import MPI

/// Where groups of ranks get experts to train: rank 0 keeps the queue and answers, the others ask.
///
/// The first rank of a group sends the expert that its group has finished, and waits for the number of
/// the next one, or -1. Rank 0 trains as well: it answers when it comes to ``attend()``, between its own
/// steps, and after its last expert until every group has been told that none is left. A group that was asked to stop
/// says so in place of its next question, and a rank that has no expert left in a notice; rank 0 then sends the others
/// that are busy an order to stop. Messages are point-to-point, because one-sided calls fail between hosts with common
/// builds of Open MPI.
///
/// Not `Sendable`, as its communicators are not.
package final class ExpertDesk {
  /// Which ranks form a group.
  package let schedule: ExpertSchedule
  /// The ranks of this rank's group.
  package let group: Communicator
  private let messages: Communicator
  private let groupIndex: Int
  private var queue: ExpertQueue
  /// By group, whether it has yet to be told that none is left; known by rank 0.
  private var isBusy: [Bool]
  private var news: [TrainingEvent] = []
  /// On rank 0, the groups that were sent an order to stop.
  private var stoppedGroups: Set<Int> = []
  /// Whether the order to stop has been given, on rank 0, or received.
  private var isTold = false
  /// Whether this rank, which is not the first, was asked to stop when it had no expert left, and has said so.
  private var hasGivenNotice = false

  /// Forms the groups; all ranks call it.
  ///
  /// - Parameters:
  ///   - rows: by expert, the training rows of its domain.
  ///   - world: the ranks.
  /// - Throws: what making communicators throws.
  package init(rows: [Int], world: Communicator) throws(MPIError) {
    let schedule = ExpertSchedule(rows: rows, ranks: world.size)
    messages = try world.duplicate()
    groupIndex = schedule.group(ofRank: world.rank)
    let isSplit = schedule.groups.count < world.size
    group = isSplit ? try world.split(color: groupIndex) : .alone
    self.schedule = schedule
    queue = ExpertQueue(schedule)
    isBusy = schedule.groups.indices.map { $0 < rows.count }
    for group in schedule.groups.indices {
      if let expert = schedule.first(ofGroup: group) { note(.began(assignment(expert, group))) }
    }
  }

  /// The next expert of this rank's group, after one that it has finished; `nil` if none is left.
  ///
  /// All ranks of the group call it, and wait until rank 0 has answered.
  package func next(after finished: Int?) throws(MPIError) -> Int? {
    guard let finished else { return schedule.first(ofGroup: groupIndex) }
    var answer = ExpertDesk.none
    if group.rank == 0 {
      answer = messages.rank == 0 ? handOver(to: groupIndex, after: finished) : try ask(finished)
      if answer == ExpertDesk.order {
        try receiveOrder()
        answer = ExpertDesk.none
      }
    }
    try group.broadcast(&answer)
    return answer == ExpertDesk.none ? nil : answer
  }

  /// Leaves the rest undone, as this group was asked to, and sees to it that all others do.
  ///
  /// All ranks of the group call it, in place of ``next(after:)``.
  package func stop() throws(MPIError) {
    guard group.rank == 0 else { return }
    if messages.rank == 0 {
      isBusy[groupIndex] = false
      try tellOthers(but: groupIndex)
    } else if try ask(ExpertDesk.stopped) == ExpertDesk.order {
      try receiveOrder()
    }
  }

  /// Whether all are to stop, as far as this rank knows.
  package var isStopped: Bool { isTold || hasGivenNotice }

  /// Answers the groups that have asked so far, on rank 0; on others, takes note that all are to stop.
  package func attend() throws(MPIError) {
    guard messages.rank == 0 else {
      if group.rank == 0, !isTold, try messages.immediateProbe(tag: ExpertDesk.orderTag) != nil {
        try receiveOrder()
        StopRequest.ask()
      }
      return
    }
    while isBusy.contains(true),
      let question = try messages.immediateProbe(tag: ExpertDesk.question)
    {
      try answer(question.source)
    }
    if let notice = try messages.immediateProbe(tag: ExpertDesk.noticeTag) {
      _ = try receive(from: notice.source, tag: ExpertDesk.noticeTag)
      try tellOthers(but: groupIndex)
      StopRequest.ask()
    }
  }

  /// Waits a moment, on a rank whose group has no expert left; returns false when nobody has, and all have called it.
  ///
  /// Rank 0 answers. Whatever rank is asked to stop meanwhile sees to it that all others do. It looks now and then and
  /// does not wait within MPI, which would take the processor from ranks that train.
  package func serve() throws(MPIError) -> Bool {
    if messages.rank == 0 {
      try attend()
      if StopRequest.isAsked { try tellOthers(but: groupIndex) }
      guard isBusy.contains(true) else {
        try dismiss()
        return false
      }
    } else if try messages.immediateProbe(from: 0, tag: ExpertDesk.endTag) != nil {
      _ = try receive(from: 0, tag: ExpertDesk.endTag)
      try messages.send([ExpertDesk.farewell].span, to: 0, tag: ExpertDesk.noticeTag)
      return false
    } else if StopRequest.isAsked, !hasGivenNotice {
      hasGivenNotice = true
      try messages.send([ExpertDesk.stopped].span, to: 0, tag: ExpertDesk.noticeTag)
    }
    usleep(500)
    return true
  }

  /// By expert, the first rank of the group that has trained it; the same on all ranks, which all call
  /// it when their group has none left and rank 0 has answered all.
  package func owners() throws(MPIError) -> [Int] {
    var owners = queue.owners.map { $0.map { schedule.groups[$0].lowerBound } ?? 0 }
    try messages.broadcast(&owners)
    return owners
  }

  /// What rank 0 has learned since the last call of who trains which expert.
  package func takeNews() -> [TrainingEvent] {
    defer { news = [] }
    return news
  }
}

// MARK: - Messages

extension ExpertDesk {
  private static let question = 1
  private static let reply = 2
  private static let orderTag = 3
  private static let noticeTag = 4
  private static let endTag = 5
  /// The number that stands for no expert.
  private static let none = -1
  /// In a question: that the group has stopped; in a notice: that the rank was asked to.
  private static let stopped = -2
  /// In an answer: that there is no expert, and that an order to stop was sent.
  private static let order = -3
  /// In a notice: that it is the rank's last one.
  private static let farewell = -4

  private func ask(_ finished: Int) throws(MPIError) -> Int {
    try messages.send([finished].span, to: 0, tag: ExpertDesk.question)
    return try receive(from: 0, tag: ExpertDesk.reply)
  }

  private func answer(_ rank: Int) throws(MPIError) {
    let finished = try receive(from: rank, tag: ExpertDesk.question)
    let group = schedule.group(ofRank: rank)
    var next = ExpertDesk.none
    if finished == ExpertDesk.stopped {
      isBusy[group] = false
    } else {
      next = handOver(to: group, after: finished)
    }
    if stoppedGroups.contains(group) { next = ExpertDesk.order }
    try messages.send([next].span, to: rank, tag: ExpertDesk.reply)
    if finished == ExpertDesk.stopped {
      try tellOthers(but: group)
      StopRequest.ask()
    }
  }

  /// On rank 0: tells all groups that are still busy to stop, once.
  private func tellOthers(but own: Int) throws(MPIError) {
    guard !isTold else { return }
    isTold = true
    for group in schedule.groups.indices where group != own && group != groupIndex {
      guard isBusy[group] else { continue }
      stoppedGroups.insert(group)
      try messages.send(
        [ExpertDesk.order].span, to: schedule.groups[group].lowerBound, tag: ExpertDesk.orderTag)
    }
  }

  /// On rank 0: tells the others that nobody trains any more, and receives what they still have to say.
  private func dismiss() throws(MPIError) {
    for rank in 1..<max(1, messages.size) {
      try messages.send([ExpertDesk.none].span, to: rank, tag: ExpertDesk.endTag)
    }
    for rank in 1..<max(1, messages.size) {
      while try receive(from: rank, tag: ExpertDesk.noticeTag) != ExpertDesk.farewell {}
    }
  }

  /// Receives the order to stop, unless that has been done.
  private func receiveOrder() throws(MPIError) {
    guard !isTold else { return }
    _ = try receive(from: 0, tag: ExpertDesk.orderTag)
    isTold = true
  }

  private func receive(from rank: Int, tag: Int) throws(MPIError) -> Int {
    var word = [ExpertDesk.none]
    var span = word.mutableSpan
    try messages.receive(into: &span, from: rank, tag: tag)
    return word[0]
  }

  /// Takes note that a group has finished an expert; returns the number of its next one.
  private func handOver(to group: Int, after finished: Int) -> Int {
    note(.ended(assignment(finished, group)))
    guard !isTold, let expert = queue.take(for: group) else {
      isBusy[group] = false
      return ExpertDesk.none
    }
    note(.began(assignment(expert, group)))
    return expert
  }

  private func assignment(_ expert: Int, _ group: Int) -> ExpertAssignment {
    ExpertAssignment(
      expert: .init(index: expert, count: schedule.order.count), ranks: schedule.groups[group])
  }

  /// Keeps what is worth telling: where there are several ranks, by rank 0.
  private func note(_ event: TrainingEvent) {
    if messages.rank == 0, messages.size > 1 { news.append(event) }
  }
}
