internal import Files

/// What the header of a one-dimensional NumPy file says.
struct NumPyHeader: Hashable {
  /// NumPy's name of the number type, for example `<i4`.
  let type: String
  /// The number of elements.
  let count: Int
  /// The byte the numbers start at, a multiple of 64.
  let dataOffset: Int

  /// Reads the header of a file.
  init(of file: MappedFile) throws(DatasetError) {
    let bytes = file.bytes
    let prefix = (0..<min(bytes.count, NumPyFile.prefixSize)).map { bytes[$0] }
    guard prefix.count == NumPyFile.prefixSize, prefix.starts(with: NumPyFile.signature) else {
      throw .unexpected(
        path: file.path, line: nil, expected: "a NumPy file of format 1.0",
        found: bytes.isEmpty ? "an empty file" : "a file that starts with \(quoted(prefix))")
    }
    dataOffset = NumPyFile.prefixSize + Int(prefix[8]) + Int(prefix[9]) << 8
    guard dataOffset <= bytes.count, dataOffset.isMultiple(of: NumPyFile.alignment) else {
      throw .unexpected(
        path: file.path, line: nil,
        expected:
          "a header that ends inside the file at a multiple of \(NumPyFile.alignment) bytes",
        found: "one that ends at byte \(dataOffset) of \(bytes.count)")
    }
    let text = (NumPyFile.prefixSize..<dataOffset).map { bytes[$0] }
    guard let (type, count) = NumPyHeader.parse(text) else {
      throw .unexpected(
        path: file.path, line: nil, expected: "the header of a one-dimensional array in C order",
        found: quoted(text))
    }
    self.type = type
    self.count = count
  }

  /// The type and count in `{'descr': 'T', 'fortran_order': False, 'shape': (N,), }`.
  ///
  /// The specification fixes the keys and that they are sorted, so the text is matched, spaces aside.
  private static func parse(_ text: [UInt8]) -> (type: String, count: Int)? {
    let compact = String(decoding: text.filter { $0 != 0x20 && $0 != 0x0A }, as: UTF8.self)
    let pattern = #/\{'descr':'([^']*)','fortran_order':False,'shape':\(([0-9]+),\),?\}/#
    guard let match = try? pattern.wholeMatch(in: compact), let count = Int(match.2) else {
      return nil
    }
    return (String(match.1), count)
  }
}
