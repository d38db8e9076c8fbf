import Checkpoints
import Foundation
import Kernels
import Testing

@Suite struct TensorFileTests {
  @Test(arguments: Sample.all)
  func `a file gives back every bit and its metadata`(sample: Sample) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let parameters = sample.buffer
    try TensorFile.write(
      sample.layout.entries, of: parameters, metadata: ["phase": "gate"], to: path)
    let file = try TensorFile(reading: path)
    var restored = Buffer(sample.layout)
    try file.read(sample.layout.entries, into: &restored)
    let (found, expected) = (bits(of: restored), bits(of: parameters))
    #expect(found == expected)
    let metadata = file.header.metadata
    let digest = parametersSHA256(sample.layout.entries, of: parameters)
    #expect(metadata == ["phase": "gate", TensorFile.digestKey: digest])
    #expect(try directory.names == ["sample.safetensors"])
  }

  @Test func `the bytes are those of the format`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    var layout = Layout()
    let weight = layout.reserve("weight", rows: 2, columns: 1)
    let bias = layout.reserve("bias", columns: 1)
    var parameters = Buffer(layout)
    parameters[weight.offset + 1] = 1
    parameters[bias.offset] = -2
    try TensorFile.write(layout.entries, of: parameters, metadata: ["a": "\"\\\n"], to: path)
    let digest = parametersSHA256(layout.entries, of: parameters)
    let json =
      #"{"__metadata__":{"a":"\"\\\u000a","sha256":"\#(digest)"},"#
      + #""weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
      + #""bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
    let length = (json.utf8.count + 7) / 8 * 8
    let header = [UInt8(length % 256), UInt8(length / 256), 0, 0, 0, 0, 0, 0] + Array(json.utf8)
    let padding = [UInt8](repeating: UInt8(ascii: " "), count: length - json.utf8.count)
    let floats: [UInt8] = [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
    #expect(try bytes(of: path) == header + padding + floats)
  }

  @Test func `metadata of any characters comes back`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let controls = String(String.UnicodeScalarView((0..<33).compactMap { Unicode.Scalar($0) }))
    let metadata = ["": "", controls: "\"\\/\u{7F}é\u{2028}🂡", "key \"quoted\"": controls]
    try TensorFile.write([], of: Buffer(count: 0), metadata: metadata, to: path)
    let found = try TensorFile(reading: path).header.metadata
    #expect(found.filter { $0.key != TensorFile.digestKey } == metadata)
  }

  @Test func `part of a layout can be written and read`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("expert.safetensors")
    let sample = Sample([(3, 5), (1, 7), (2, 2)])
    let part = Array(sample.layout.entries[1...])
    try TensorFile.write(part, of: sample.buffer, to: path)
    var restored = Buffer(sample.layout)
    try TensorFile(reading: path).read(part, into: &restored)
    var expected = sample.buffer
    expected.zero(sample.layout.entries[0].slot.range)
    let (found, bitsExpected) = (bits(of: restored), bits(of: expected))
    #expect(found == bitsExpected)
  }

  @Test func `a directory is no file`() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: CheckpointError.self) {
      _ = try TensorFile(reading: directory.path).header
    }
    #expect(error?.description == "\(directory.path): read: Is a directory")
    #expect(error?.isBadInput == true)
  }

  @Test func `a missing file is named with the reason`() {
    let error = #expect(throws: CheckpointError.self) {
      _ = try TensorFile(reading: "/nowhere/final.safetensors").header
    }
    #expect(error?.description == "/nowhere/final.safetensors: open: No such file or directory")
    #expect(error?.isBadInput == true)
  }

  @Test func `floats that do not have the digest are refused`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let sample = Sample([(2, 3)])
    try TensorFile.write(sample.layout.entries, of: sample.buffer, to: path)
    let digest = parametersSHA256(sample.layout.entries, of: sample.buffer)
    let original = try bytes(of: path)
    try write(original.dropLast() + [original[original.count - 1] ^ 1], to: path)
    let error = #expect(throws: CheckpointError.self) {
      var restored = Buffer(sample.layout)
      try TensorFile(reading: path).read(sample.layout.entries, into: &restored)
    }
    let start = "\(path): __metadata__.sha256: expected \(digest), found "
    #expect(error?.description.hasPrefix(start) == true)
  }

  /// Layouts that differ from what was written, and what is said about it.
  static let otherLayouts: [(Sample, String)] = [
    (
      Sample([(2, 3), (1, 4), (1, 1)]),
      "tensor.2: expected a tensor of shape [1], found none"
    ),
    (Sample([(2, 3)]), "tensor.1: expected no such tensor, found shape [4]"),
    (Sample([(3, 2), (1, 4)]), "tensor.0: expected shape [3, 2], found shape [2, 3]"),
    (Sample([(2, 3), (4, 1)]), "tensor.1: expected shape [4, 1], found shape [4]"),
  ]

  @Test(arguments: otherLayouts)
  func `another model's file is refused by tensor`(sample: Sample, message: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let written = Sample([(2, 3), (1, 4)])
    try TensorFile.write(written.layout.entries, of: written.buffer, to: path)
    let error = #expect(throws: CheckpointError.self) {
      var restored = Buffer(sample.layout)
      try TensorFile(reading: path).read(sample.layout.entries, into: &restored)
    }
    #expect(error?.description == "\(path): \(message)")
    #expect(error?.isBadInput == true)
  }

  @Test func `a directory that does not exist is named`() {
    let error = #expect(throws: CheckpointError.self) {
      try TensorFile.write([], of: Buffer(count: 0), to: "/nowhere/final")
    }
    #expect(error?.description == "/nowhere/final.partial: open: No such file or directory")
    #expect(error?.isBadInput == false)
  }
}
