import Testing
import Training

@Suite struct IdleTimeTests {
  @Test func `the share is that of all ranks' time`() {
    let idle = IdleTime(seconds: [0, 2, 1, 2], elapsed: 10)
    #expect(idle.share == 0.125)
    #expect(idle.longest == (1, 2))
  }

  @Test func `a phase that took no time was not idle`() {
    #expect(IdleTime(seconds: [0, 0], elapsed: 0).share == 0)
  }
}
