import Kernels
import Reference
import Testing

@Suite struct SharedMemoryTests {
  @Test(arguments: [(0, 1), (16, 5), (1024, 1024), (4096, 100_000)])
  func `buffers share their last floats, and no others`(own: Int, shared: Int) throws {
    let memory = try SharedMemory(creating: SharedMemory.uniqueName())
    defer { memory.removeName() }
    let opened = try SharedMemory(opening: memory.name)
    try memory.reserve(shared)
    var first = try Buffer(ownCount: own, sharedCount: shared, shared: memory)
    var second = try Buffer(ownCount: own, sharedCount: shared, shared: opened)
    #expect(first.count == own + shared)
    #expect(floats(of: first.span).allSatisfy { $0 == 0 })
    write(1, to: 0..<own + shared, of: &first)
    write(2, to: 0..<own, of: &second)
    write(3, to: own + shared - 1..<own + shared, of: &second)
    let expected = [Float](repeating: 1, count: own + shared - 1) + [3]
    #expect(floats(of: first.span).elementsEqual(expected))
    #expect(floats(of: second.span(0..<own)).allSatisfy { $0 == 2 })
  }

  @Test func `memory stays when its name is gone, and others cannot open it`() throws {
    let memory = try SharedMemory(creating: SharedMemory.uniqueName())
    let name = memory.name
    memory.removeName()
    #expect(throws: SharedMemory.Failure.self) { try SharedMemory(opening: name) }
    try memory.reserve(100)
    var buffer = try Buffer(ownCount: 16, sharedCount: 100, shared: memory)
    write(1, to: 0..<116, of: &buffer)
    #expect(floats(of: buffer.span).allSatisfy { $0 == 1 })
  }

  @Test func `more memory than there is says so`() throws {
    let memory = try SharedMemory(creating: SharedMemory.uniqueName())
    memory.removeName()
    let failure = #expect(throws: SharedMemory.Failure.self) { try memory.reserve(1 << 50) }
    #expect("\(try #require(failure))".hasPrefix("posix_fallocate of /\(memory.name) failed: "))
  }

  @Test func `a name is taken once`() throws {
    let memory = try SharedMemory(creating: SharedMemory.uniqueName())
    defer { memory.removeName() }
    #expect(throws: SharedMemory.Failure.self) { try SharedMemory(creating: memory.name) }
  }

  private func write(_ value: Float, to range: Range<Int>, of buffer: inout Buffer) {
    var span = buffer.mutableSpan(range)
    fill(&span, with: value)
  }
}
