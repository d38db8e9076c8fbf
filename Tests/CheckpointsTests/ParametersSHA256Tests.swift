import Checkpoints
import Kernels
import Testing

@Suite struct ParametersSHA256Tests {
  /// A layout of one slot and a buffer of ascending floats, hashed.
  static func digest(
    _ name: String, rows: Int, columns: Int, change: (inout Buffer) -> Void = { _ in }
  ) -> String {
    var layout = Layout()
    let slot = layout.reserve(name, rows: rows, columns: columns)
    var buffer = Buffer(layout)
    for index in slot.range { buffer[index] = Float(index) }
    change(&buffer)
    return parametersSHA256(layout.entries, of: buffer)
  }

  @Test func `nothing has the digest of no bytes`() {
    #expect(
      parametersSHA256([], of: Buffer(count: 0))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func `a small tensor has the digest computed by hand`() {
    // printf of 1 a | 2 dimensions, 2, 2 | 0.0 1.0 2.0 3.0, piped to sha256sum
    #expect(
      ParametersSHA256Tests.digest("a", rows: 2, columns: 2)
        == "1b9e034c347aff8025fb31a3197cf8d38cb88e55002403210fea35e617470ab0")
  }

  @Test func `name, shape and every bit count`() {
    let digests = [
      ParametersSHA256Tests.digest("a", rows: 2, columns: 6),
      ParametersSHA256Tests.digest("b", rows: 2, columns: 6),
      ParametersSHA256Tests.digest("a", rows: 6, columns: 2),
      ParametersSHA256Tests.digest("a", rows: 1, columns: 12),
      ParametersSHA256Tests.digest("a", rows: 12, columns: 1),
      ParametersSHA256Tests.digest("a", rows: 2, columns: 6) { $0[0] = -0.0 },
      ParametersSHA256Tests.digest("a", rows: 2, columns: 6) {
        $0[11] = $0[11].nextUp
      },
    ]
    #expect(Set(digests).count == digests.count)
  }

  @Test func `floats between slots do not count`() {
    let plain = ParametersSHA256Tests.digest("a", rows: 1, columns: 7)
    #expect(
      plain == ParametersSHA256Tests.digest("a", rows: 1, columns: 7) { $0[7] = 1 })
  }

  @Test func `the order of tensors counts`() {
    let sample = Sample([(2, 3), (2, 3)])
    let reversed = parametersSHA256(sample.layout.entries.reversed(), of: sample.buffer)
    #expect(parametersSHA256(sample.layout.entries, of: sample.buffer) != reversed)
  }
}
