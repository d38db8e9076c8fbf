import Experiments
import Testing
import Training

@Suite struct ProgressReporterTests {
  /// A clock set by hand and a page to write on.
  private final class Desk {
    var time = Duration.seconds(1000)
    var output = ""

    func reporter(_ style: ProgressReporter.Style) -> ProgressReporter {
      ProgressReporter(style: style, now: { self.time }, write: { self.output += $0 })
    }
  }

  private func progress(
    _ phase: TrainingPhase = .backbone, expert: TrainingProgress.Expert? = nil, epoch: Int = 0,
    step: Int = 0, auc: Double? = nil
  ) -> TrainingProgress {
    TrainingProgress(
      phase: phase, expert: expert, epoch: epoch, maximumEpochs: 4, step: step, stepsPerEpoch: 100,
      samplesPerSecond: 812_345, validationAUC: auc)
  }

  @Test func `a silent reporter writes nothing`() {
    let desk = Desk()
    var reporter = desk.reporter(.silent)
    for step in 0..<100 {
      reporter.report(progress(step: step))
      desk.time += .seconds(20)
    }
    reporter.finish()
    #expect(desk.output == "")
  }

  @Test func `a log gets a line at the start and every ten seconds`() {
    let desk = Desk()
    var reporter = desk.reporter(.lines)
    for step in 0...20 {
      reporter.report(progress(step: step))
      desk.time += .seconds(1)
    }
    reporter.finish()
    #expect(
      desk.output == """
        backbone, epoch 1 of at most 4, 0%, 812k samples/s
        backbone, epoch 1 of at most 4, 10%, 812k samples/s, at most 6m30s left
        backbone, epoch 1 of at most 4, 20%, 812k samples/s, at most 6m20s left

        """)
  }

  @Test func `a new phase or expert gets a line at once`() {
    let desk = Desk()
    var reporter = desk.reporter(.lines)
    reporter.report(progress(.backbone, epoch: 1, step: 50, auc: 0.80712))
    reporter.report(progress(.experts, expert: .init(index: 0, count: 2)))
    reporter.report(progress(.experts, expert: .init(index: 1, count: 2)))
    reporter.report(progress(.experts, expert: .init(index: 1, count: 2), step: 1))
    reporter.report(progress(.gate))
    #expect(
      desk.output == """
        backbone, epoch 2 of at most 4, 50%, 812k samples/s, validation AUC 0.8071
        experts, expert 0 (of 2), epoch 1 of at most 4, 0%, 812k samples/s
        experts, expert 1 (of 2), epoch 1 of at most 4, 0%, 812k samples/s
        gate, epoch 1 of at most 4, 0%, 812k samples/s

        """)
  }

  @Test func `a terminal shows one line, rewritten ten times a second`() {
    let desk = Desk()
    var reporter = desk.reporter(.terminal(columns: 200))
    for step in 0...100 {
      reporter.report(progress(step: step))
      desk.time += .milliseconds(10)
    }
    reporter.finish()
    #expect(desk.output.count { $0 == "\r" } == 11)
    #expect(desk.output.hasSuffix("100%, 812k samples/s, at most 3s left\u{1B}[K\n"))
    #expect(desk.output.count { $0 == "\n" } == 1)
  }

  @Test(arguments: [0, 1, 2, 7, 40])
  func `a terminal's line fits its width`(columns: Int) {
    let desk = Desk()
    var reporter = desk.reporter(.terminal(columns: columns))
    reporter.report(progress())
    #expect(desk.output.count == max(1, columns - 1) + "\r\u{1B}[K".count)
  }

  @Test func `each phase leaves its line on the terminal`() {
    let desk = Desk()
    var reporter = desk.reporter(.terminal(columns: 20))
    reporter.finish()
    reporter.report(progress(.backbone))
    reporter.report(progress(.gate))
    reporter.finish()
    reporter.finish()
    #expect(desk.output == "\rbackbone, epoch 1 o\u{1B}[K\n\rgate, epoch 1 of at\u{1B}[K\n")
  }

  @Test(arguments: [
    (10, "at most 30s left"), (60, "at most 3m00s left"), (3723, "at most 3h06m left"),
  ])
  func `the time left has fitting units`(seconds: Int, text: String) {
    let desk = Desk()
    var reporter = desk.reporter(.lines)
    reporter.report(progress())
    desk.time += .seconds(seconds)
    reporter.report(progress(epoch: 1))
    #expect(desk.output.hasSuffix("\(text)\n"))
  }

  @Test func `a training of no steps shows no share`() {
    let desk = Desk()
    var reporter = desk.reporter(.lines)
    reporter.report(
      TrainingProgress(
        phase: .gate, epoch: 0, maximumEpochs: 0, step: 0, stepsPerEpoch: 0, samplesPerSecond: 0))
    #expect(desk.output == "gate, epoch 1 of at most 0, 0 samples/s\n")
  }

  private func assignment(_ expert: Int, _ ranks: Range<Int>) -> ExpertAssignment {
    ExpertAssignment(expert: .init(index: expert, count: 3), ranks: ranks)
  }

  /// Two of three experts begin, one on two ranks; the other ends, and its rank gets the third.
  private func reportExperts(to reporter: inout ProgressReporter) {
    reporter.reportBeginning(of: assignment(2, 0..<1))
    reporter.reportBeginning(of: assignment(0, 1..<3))
    reporter.report(progress(.experts, expert: .init(index: 2, count: 3), step: 1))
    reporter.reportEnd(of: assignment(2, 0..<1))
    reporter.reportBeginning(of: assignment(1, 0..<1))
    reporter.reportEnd(of: assignment(0, 1..<3))
    reporter.reportEnd(of: assignment(1, 0..<1))
    reporter.report(IdleTime(seconds: [0, 5, 5], elapsed: 10))
  }

  @Test func `a log has a line when an expert begins or ends on any ranks`() {
    let desk = Desk()
    var reporter = desk.reporter(.lines)
    reportExperts(to: &reporter)
    #expect(
      desk.output == """
        experts, expert 2 (of 3) begins on rank 0
        experts, expert 0 (of 3) begins on ranks 1 to 2
        experts, expert 2 (of 3), epoch 1 of at most 4, 1%, 812k samples/s
        experts, expert 2 (of 3) has ended on rank 0
        experts, expert 1 (of 3) begins on rank 0
        experts, expert 0 (of 3) has ended on ranks 1 to 2
        experts, expert 1 (of 3) has ended on rank 0
        experts: ranks without an expert for 33 % of 10.0 s, the longest rank 1 for 5.0 s

        """)
  }

  @Test func `a terminal's line shows which ranks train which experts`() {
    let desk = Desk()
    var reporter = desk.reporter(.terminal(columns: 200))
    reportExperts(to: &reporter)
    let shown = desk.output.split(whereSeparator: \.isNewline).map {
      $0.replacing("\u{1B}[K", with: "")
    }
    #expect(desk.output.count { $0 == "\n" } == 2)
    #expect(
      shown == [
        "experts, 0 of 3 trained, now expert 2 on rank 0",
        "experts, 0 of 3 trained, now expert 2 on rank 0, 0 on ranks 1 to 2",
        "experts, 0 of 3 trained, now expert 2 on rank 0, 0 on ranks 1 to 2, epoch 1 of at most 4, 1%, "
          + "812k samples/s",
        "experts, 1 of 3 trained, now expert 0 on ranks 1 to 2",
        "experts, 1 of 3 trained, now expert 1 on rank 0, 0 on ranks 1 to 2",
        "experts, 2 of 3 trained, now expert 1 on rank 0",
        "experts, 3 of 3 trained",
        "experts: ranks without an expert for 33 % of 10.0 s, the longest rank 1 for 5.0 s",
      ])
  }

  @Test func `a silent reporter says nothing of experts either`() {
    let desk = Desk()
    var reporter = desk.reporter(.silent)
    reportExperts(to: &reporter)
    #expect(desk.output.isEmpty)
  }
}
