import Datasets
import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct NumPyFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: [0, 1, 7, 63, 64, 65, 1009])
  func `numbers come back as they were written`(count: Int) throws {
    let ids = (0..<count).map { Int32(truncatingIfNeeded: $0 &* 0x9E37_79B1) }
    let labels = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
    try directory.write("ids.npy", NumPyFile.contents(of: ids))
    try directory.write("labels.npy", NumPyFile.contents(of: labels))
    let mappedIDs = try NumPyFile.column(Int32.self, at: directory.file("ids.npy"))
    let mappedLabels = try NumPyFile.column(UInt8.self, at: directory.file("labels.npy"))
    #expect(mappedIDs.count == count && mappedLabels.count == count)
    #expect((0..<count).allSatisfy { mappedIDs.span[$0] == ids[$0] })
    #expect((0..<count).allSatisfy { mappedLabels.span[$0] == labels[$0] })
  }

  @Test func `a file is laid out byte by byte as the format says`() {
    let text = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }"
    let padding = String(repeating: " ", count: 128 - 10 - text.utf8.count - 1)
    let expected: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array("\(text)\(padding)\n".utf8)
      + [0x04, 0x03, 0x02, 0x01, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(NumPyFile.contents(of: [Int32(0x0102_0304), -1]) == expected)
  }

  @Test(arguments: [
    ("'<i4'", "'<i8'", "numbers of type '<i4'"),
    ("'<i4'", "'>i4'", "numbers of type '<i4'"),
    ("False", "True ", "one-dimensional array in C order"),
    ("(3,), }", "(1,3) }", "one-dimensional array in C order"),
    ("(3,), }", "(4,), }", "4 numbers of 4 bytes"),
    ("NUMPY\u{1}", "NUMPY\u{2}", "format 1.0"),
    ("NUMPY", "NUMPI", "format 1.0"),
  ])
  func `another kind of array is refused`(old: String, new: String, message: String) throws {
    let bytes = NumPyFile.contents(of: [Int32(1), 2, 3])
    let start = try #require(bytes.firstRange(of: Array(old.utf8)))
    let path = try directory.write(
      "ids.npy", Array(bytes[..<start.lowerBound]) + new.utf8 + bytes[start.upperBound...])
    let error = try #require(throws: DatasetError.self) {
      try NumPyFile.column(Int32.self, at: path)
    }
    #expect(error.description.hasPrefix("\(path): expected "))
    #expect(error.description.contains(message))
  }

  @Test(arguments: 0..<140)
  func `a file cut anywhere is refused`(length: Int) throws {
    let bytes = NumPyFile.contents(of: [Int32(1), 2, 3])
    try #require(bytes.count == 140)
    let path = try directory.write("ids.npy", Array(bytes[..<length]))
    #expect(throws: DatasetError.self) { try NumPyFile.column(Int32.self, at: path) }
  }

  @Test func `a missing file and a directory are refused by name`() {
    #expect(
      throws: DatasetError.unreadable(
        operation: "open", path: directory.file("none.npy"), reason: "No such file or directory")
    ) { try NumPyFile.column(UInt8.self, at: directory.file("none.npy")) }
    #expect(
      throws: DatasetError.unreadable(
        operation: "read", path: directory.path, reason: "Is a directory")
    ) { try NumPyFile.column(UInt8.self, at: directory.path) }
  }

  @Test(.enabled(if: Python.has("numpy")))
  func `NumPy reads the files as they are and writes them alike`() throws {
    let ids = try directory.write("ids.npy", NumPyFile.contents(of: [Int32(3), -7, .max]))
    let labels = try directory.write("labels.npy", NumPyFile.contents(of: [UInt8(0), 1, 255]))
    let script = """
      import numpy as np
      ids = np.load('\(ids)', mmap_mode='r'); labels = np.load('\(labels)', mmap_mode='r')
      print(ids.dtype, ids.tolist(), labels.dtype, labels.tolist())
      np.save('\(directory.file("again.npy"))', np.array([5, -6, 7], dtype='<i4'))
      """
    #expect(
      Python.output(of: script) == "int32 [3, -7, 2147483647] uint8 [0, 1, 255]\n")
    #expect(try directory.read("again.npy") == NumPyFile.contents(of: [Int32(5), -6, 7]))
  }
}
