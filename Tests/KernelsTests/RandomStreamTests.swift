import Kernels
import Testing

@Suite struct RandomStreamTests {
  @Test(arguments: [0, 1, 2, 7, 1024])
  func `a permutation holds every index once`(count: Int) {
    let stream = RandomStream(seed: 5, purpose: .shuffle)
    #expect(stream.permutation(count: count).sorted() == (0..<Int32(count)).map { $0 })
  }
}
