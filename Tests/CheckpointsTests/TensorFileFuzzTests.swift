import Checkpoints
import Kernels
import Testing

/// Damaged files: never a crash, and never other floats than were written.
@Suite struct TensorFileFuzzTests {
  static let sample = Sample([(3, 5), (1, 7), (16, 2)])

  /// What became of reading a file.
  enum Outcome: Equatable { case refused, original, other }

  /// Writes bytes to a file and reads it as the sample's layout.
  static func outcome(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> Outcome {
    let path = directory.file("damaged.safetensors")
    try write(bytes, to: path)
    var restored = Buffer(sample.layout)
    do {
      try TensorFile(reading: path).read(sample.layout.entries, into: &restored)
    } catch {
      return .refused
    }
    return bits(of: restored) == bits(of: sample.buffer) ? .original : .other
  }

  /// The bytes of the sample's file.
  static func original(in directory: TemporaryDirectory) throws -> [UInt8] {
    let path = directory.file("original.safetensors")
    try TensorFile.write(sample.layout.entries, of: sample.buffer, to: path)
    return try bytes(of: path)
  }

  @Test func `every truncation is refused`() throws {
    let directory = try TemporaryDirectory()
    let original = try TensorFileFuzzTests.original(in: directory)
    #expect(try TensorFileFuzzTests.outcome(original, in: directory) == .original)
    for count in original.indices {
      let outcome = try TensorFileFuzzTests.outcome(Array(original.prefix(count)), in: directory)
      #expect(outcome == .refused, "\(count) of \(original.count) bytes")
    }
  }

  @Test func `a flipped bit in any byte of the floats is refused`() throws {
    let directory = try TemporaryDirectory()
    let original = try TensorFileFuzzTests.original(in: directory)
    let floats = TensorFileFuzzTests.sample.layout.entries.reduce(0) { $0 + $1.slot.count }
    for index in original.indices.suffix(4 * floats) {
      var damaged = original
      damaged[index] ^= 1 << (index % 8)
      let outcome = try TensorFileFuzzTests.outcome(damaged, in: directory)
      #expect(outcome == .refused, "byte \(index) of \(original.count)")
    }
  }

  @Test func `a damaged file is refused or harmless`() throws {
    let directory = try TemporaryDirectory()
    let original = try TensorFileFuzzTests.original(in: directory)
    let stream = RandomStream(seed: 7, purpose: .synthesis)
    var refused = 0
    for round in 0..<1000 {
      var damaged = original
      let draws = stream.derived(round)
      for change in 0..<1 + draws.integer(below: 4, at: 0) {
        let place = draws.integer(below: damaged.count, at: 4 * change + 1)
        let byte = UInt8(draws.integer(below: 256, at: 4 * change + 2))
        switch draws.integer(below: 3, at: 4 * change + 3) {
        case 0: damaged[place] = byte
        case 1: damaged.insert(byte, at: place)
        default: damaged.remove(at: place)
        }
      }
      let outcome = try TensorFileFuzzTests.outcome(damaged, in: directory)
      #expect(outcome != .other, "round \(round)")
      refused += outcome == .refused ? 1 : 0
    }
    #expect(refused > 500)  // nearly every byte of the file means something
  }

  @Test func `random bytes are refused`() throws {
    let directory = try TemporaryDirectory()
    let stream = RandomStream(seed: 8, purpose: .synthesis)
    for round in 0..<500 {
      let draws = stream.derived(round)
      var bytes = (0..<round).map { UInt8(draws.integer(below: 256, at: $0)) }
      // Every other file has a header length that fits, so that its JSON is looked at.
      if round.isMultiple(of: 2) && round >= 8 && round < 264 {
        bytes.replaceSubrange(0..<8, with: [UInt8(round - 8), 0, 0, 0, 0, 0, 0, 0])
      }
      #expect(try TensorFileFuzzTests.outcome(bytes, in: directory) == .refused)
    }
  }
}
