import Checkpoints
import Foundation
import Kernels
import Testing

/// Headers that other programs, broken disks or attackers may have written.
@Suite struct TensorFileHeaderTests {
  /// A file of a header's text and a number of bytes behind it.
  static func open(_ json: String, dataSize: Int) throws -> TensorFileHeader {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.utf8.count >> (8 * $0)) }
    try write(length + Array(json.utf8) + [UInt8](repeating: 0, count: dataSize), to: path)
    return try TensorFile(reading: path).header
  }

  /// A header of tensors of one float or more, spelled as given.
  static func header(_ tensors: [(name: String, shape: String, offsets: String)]) -> String {
    let members = tensors.map { tensor in
      #""\#(tensor.name)":{"dtype":"F32","shape":\#(tensor.shape),"#
        + #""data_offsets":\#(tensor.offsets)}"#
    }
    return "{\(members.joined(separator: ","))}"
  }

  @Test func `a header of another program is read`() throws {
    let json = """
        { "b" : { "shape": [], "data_offsets": [ 8, 12 ], "dtype" : "F32", "more": null },
          "__metadata__" : { "format" : "pt" },
          "a" : { "dtype" : "F32", "shape" : [ 2, 1, 1 ], "data_offsets" : [ 0, 8 ] } }
      """
    let header = try TensorFileHeaderTests.open(json, dataSize: 12)
    #expect(header.tensors.map(\.name) == ["a", "b"])
    #expect(header.tensors.map(\.shape) == [[2, 1, 1], []])
    #expect(header.tensors.map(\.bytes) == [0..<8, 8..<12])
    #expect(header.metadata == ["format": "pt"])
    #expect(header.dataSize == 12)
  }

  /// Byte ranges and shapes that do not go together, the file's data size, and the key to be named.
  static let contradictions: [([(name: String, shape: String, offsets: String)], Int, String)] = [
    ([("a", "[2]", "[0,8]"), ("b", "[2]", "[4,12]")], 12, "b: data_offsets"),
    ([("a", "[2]", "[0,8]"), ("b", "[1]", "[12,16]")], 16, "b: data_offsets"),
    ([("a", "[2]", "[4,12]")], 12, "a: data_offsets"),
    ([("a", "[2]", "[8,0]")], 8, "a: data_offsets"),
    ([("a", "[1]", "[-4,0]")], 0, "a: data_offsets"),
    ([("a", "[2]", "[0,8,8]")], 8, "a: data_offsets"),
    ([("a", "[2]", "[0]")], 8, "a: data_offsets"),
    ([("a", "[3]", "[0,8]")], 8, "a: data_offsets"),
    ([("a", "[1]", "[-9223372036854775808,9223372036854775807]")], 8, "a: data_offsets"),
    ([("a", "[-2]", "[0,8]")], 8, "a: shape"),
    ([("a", "[-2,-1]", "[0,8]")], 8, "a: shape"),
    ([("a", "[4294967296,4294967296]", "[0,0]")], 0, "a: shape"),
    ([("a", "[0,-1]", "[0,0]")], 0, "a: shape"),
    ([("a", "[2]", "[0,8]")], 7, "size"),
    ([("a", "[2]", "[0,8]")], 9, "size"),
    ([], 4, "size"),
    ([("a", "[2.5]", "[0,10]")], 10, "header"),
    ([("a", "[9223372036854775808]", "[0,8]")], 8, "header"),
    ([("a", "2", "[0,8]")], 8, "header"),
    ([("a", "[2]", "null")], 8, "header"),
  ]

  @Test(arguments: contradictions)
  func `a contradiction is an error that names its key`(
    tensors: [(name: String, shape: String, offsets: String)], dataSize: Int, key: String
  ) throws {
    let error = #expect(throws: CheckpointError.self) {
      try TensorFileHeaderTests.open(TensorFileHeaderTests.header(tensors), dataSize: dataSize)
    }
    guard case .unexpected(_, let found, _, _) = error else {
      Issue.record("expected a contradiction, found \(String(describing: error))")
      return
    }
    #expect(found == key)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[]", "null", "1", "\"\"", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}",
    "{\"__metadata__\":1}", "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":{\"a\":null}}",
    "{\"a\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":0,\"shape\":[0],\"data_offsets\":[0,0]}}",
    String(repeating: "[", count: 100_000), "{\"a\":" + String(repeating: "{\"a\":", count: 9999),
  ])
  func `text that is no header is an error of one line`(json: String) throws {
    let error = #expect(throws: CheckpointError.self) {
      try TensorFileHeaderTests.open(json, dataSize: 0)
    }
    #expect(error?.description.contains("\n") == false)
  }

  @Test(
    arguments: [
      [], [0], [0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0],
      [255, 255, 255, 255, 255, 255, 255, 127], [255, 255, 255, 255, 255, 255, 255, 255],
    ] as [[UInt8]])
  func `a length beyond the file is an error`(start: [UInt8]) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    try write(start, to: path)
    #expect(throws: CheckpointError.self) { _ = try TensorFile(reading: path).header }
  }
}
