import Testing
import Training

@Suite struct EarlyStoppingTests {
  @Test func `the first candidate is the best until a larger figure comes`() {
    var stopping = begun(patience: 2, with: 0.6)
    #expect(stopping.best == 0.6 && !stopping.shouldStop)
    #expect(flags(&stopping, [0.5]) == [false])
    #expect(stopping.best == 0.6)
    #expect(flags(&stopping, [0.7]) == [true])
    #expect(stopping.best == 0.7)
  }

  @Test func `an equal figure is no improvement, the next larger one is`() {
    var stopping = begun(patience: 3, with: 0.6)
    #expect(flags(&stopping, [0.6, (0.6).nextUp]) == [false, true])
  }

  @Test(arguments: 1...5)
  func `training ends after as many evaluations without a best as patience says`(patience: Int) {
    var stopping = begun(patience: patience, with: 0.5)
    for evaluation in 1...patience {
      #expect(!stopping.shouldStop)
      #expect(flags(&stopping, [evaluation == 1 ? 0.5 : 0.4]) == [false])
    }
    #expect(stopping.shouldStop)
  }

  @Test func `a new best starts the count anew`() {
    var stopping = begun(patience: 2, with: 0.5)
    #expect(flags(&stopping, [0.4, 0.6, 0.55]) == [false, true, false])
    #expect(!stopping.shouldStop)
    #expect(flags(&stopping, [0.55]) == [false])
    #expect(stopping.shouldStop)
  }

  @Test func `what is not a number is never best`() {
    var stopping = begun(patience: 1, with: 0.5)
    #expect(flags(&stopping, [.nan]) == [false])
    #expect(stopping.best == 0.5 && stopping.shouldStop)
    var first = EarlyStopping(patience: 1)
    #expect(flags(&first, [.nan]) == [false])
    #expect(first.best == nil)
  }

  @Test func `the first figure is the best, whatever it is`() {
    var stopping = EarlyStopping(patience: 2)
    #expect(flags(&stopping, [0, 0.1, 0.1]) == [true, true, false])
  }

  @Test func `what begins anew has the same figure to surpass and all its patience`() {
    var stopping = begun(patience: 2, with: 0.5)
    #expect(flags(&stopping, [0.4, 0.4]) == [false, false])
    stopping = stopping.begunAnew
    #expect(!stopping.shouldStop)
    #expect(flags(&stopping, [0.5, 0.6]) == [false, true])
  }

  /// With the figure of an untrained candidate.
  private func begun(patience: Int, with figure: Double) -> EarlyStopping {
    var stopping = EarlyStopping(patience: patience)
    _ = stopping.improves(figure)
    return stopping
  }

  /// Notes figures one after another; for each, whether it is the best so far.
  private func flags(_ stopping: inout EarlyStopping, _ figures: [Double]) -> [Bool] {
    figures.map { stopping.improves($0) }
  }
}
