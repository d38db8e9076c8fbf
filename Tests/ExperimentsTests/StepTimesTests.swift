import Experiments
import Foundation
import TestSupport
import Testing
import Training

@Suite struct StepTimesTests {
  private func moment(
    _ phase: TrainingPhase, expert: Int? = nil, epoch: Int = 0, step: Int
  ) -> TrainingProgress {
    TrainingProgress(
      phase: phase, expert: expert.map { .init(index: $0, count: 2) }, epoch: epoch,
      maximumEpochs: 2, step: step, stepsPerEpoch: 2, samplesPerSecond: 1)
  }

  @Test func `a line a step, but for the first of each task`() {
    var times = StepTimes()
    times.note(moment(.backbone, step: 1), at: .milliseconds(10))
    times.note(moment(.backbone, step: 2), at: .milliseconds(12))
    times.noteCheckpoint()
    times.note(moment(.backbone, epoch: 1, step: 1), at: .milliseconds(17))
    times.note(moment(.experts, expert: 0, step: 1), at: .milliseconds(20))
    times.note(moment(.experts, expert: 0, step: 2), at: .milliseconds(21))
    times.note(moment(.experts, expert: 1, step: 2), at: .milliseconds(22))
    #expect(
      times.text == """
        phase,expert,epoch,step,seconds,checkpoint
        backbone,,1,2,0.002,0
        backbone,,2,3,0.005,1
        experts,0,1,2,0.001,0

        """)
  }

  @Test func `a table that cannot be written is refused`() throws {
    let scratch = try ScratchFolder()
    try StepTimes().write(to: "\(scratch.path)/steps.csv")
    let text = try String(contentsOfFile: "\(scratch.path)/steps.csv", encoding: .utf8)
    #expect(text == StepTimes().text)
    #expect(throws: ExperimentError.notAFile(path: scratch.path, found: "a directory")) {
      try StepTimes().write(to: scratch.path)
    }
    #expect(throws: ExperimentError.self) { try StepTimes().write(to: "/nowhere/steps.csv") }
  }
}
