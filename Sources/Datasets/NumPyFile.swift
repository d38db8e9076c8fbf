public import Files

/// A one-dimensional array in NumPy's file format, version 1.0.
///
/// The file is a header that says type, order and shape, padded so that the data starts at a multiple
/// of 64 bytes, and the numbers in little-endian order. `numpy.load` reads it as it is, memory-mapped
/// if asked; ``column(_:at:)`` maps it without copying.
///
/// - Source: NumPy Enhancement Proposal 1, “A simple file format for NumPy arrays”.
public enum NumPyFile: Sendable {
  /// The data starts at a multiple of this many bytes.
  static let alignment = 64
  /// The bytes every file starts with: the magic string and the version.
  static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
  /// The bytes before the text of the header: the signature and the length of the text.
  static let prefixSize = signature.count + 2

  /// The whole file that holds `elements`.
  public static func contents<Element: NumPyElement>(of elements: [Element]) -> [UInt8] {
    let text = headerText(type: Element.numPyType, count: elements.count)
    var bytes = signature
    bytes.reserveCapacity(
      prefixSize + text.utf8.count + elements.count * MemoryLayout<Element>.stride)
    bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
    bytes.append(UInt8(truncatingIfNeeded: text.utf8.count >> 8))
    bytes.append(contentsOf: text.utf8)
    for element in elements { element.appendLittleEndian(to: &bytes) }
    return bytes
  }

  /// Maps the numbers of a file that holds exactly an array of this type.
  ///
  /// - Throws: ``DatasetError`` if the file cannot be mapped, is not of format 1.0, holds another type,
  ///   order or number of dimensions, or another number of bytes than its shape says.
  public static func column<Element: NumPyElement>(
    _ type: Element.Type, at path: String
  ) throws(DatasetError) -> MappedColumn<Element> {
    let file = try MappedFile(opening: path)
    let header = try NumPyHeader(of: file)
    guard header.type == Element.numPyType else {
      throw .unexpected(
        path: path, line: nil, expected: "numbers of type '\(Element.numPyType)'",
        found: "'\(header.type)'")
    }
    guard header.count <= file.sizeInBytes,
      file.sizeInBytes == header.dataOffset + header.count * MemoryLayout<Element>.stride
    else {
      throw .unexpected(
        path: path, line: nil,
        expected: "\(header.count) numbers of \(MemoryLayout<Element>.stride) bytes "
          + "from byte \(header.dataOffset)",
        found: "\(file.sizeInBytes) bytes in all")
    }
    return MappedColumn(file, offset: header.dataOffset, count: header.count)
  }

  /// The header's text: a Python dictionary, padded with spaces and ended by a newline.
  private static func headerText(type: String, count: Int) -> String {
    let dictionary = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(count),), }"
    let used = (prefixSize + dictionary.utf8.count + 1) % alignment
    let padding = used == 0 ? 0 : alignment - used
    return dictionary + String(repeating: " ", count: padding) + "\n"
  }
}
