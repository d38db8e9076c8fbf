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
        experts, expert 1 of 2, epoch 1 of at most 4, 0%, 812k samples/s
        experts, expert 2 of 2, epoch 1 of at most 4, 0%, 812k samples/s
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
}
