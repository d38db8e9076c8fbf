public import Kernels

/// The header of a safetensors file: which tensors it holds, and where.
///
/// Every tensor is F32, and the tensors fill the data behind the header without gap or overlap.
///
/// - Source: https://github.com/huggingface/safetensors, section “Format”.
public struct TensorFileHeader: Hashable, Sendable {
  /// One tensor of the file.
  public struct Tensor: Hashable, Sendable {
    /// The tensor's name.
    public let name: String
    /// The tensor's dimensions.
    public let shape: [Int]
    /// The tensor's bytes, counted from the end of the header.
    public let bytes: Range<Int>
  }

  /// The tensors in the order of their bytes.
  public let tensors: [Tensor]
  /// What the file says about itself.
  public let metadata: [String: String]

  /// The header of a file that holds entries of a layout, one behind the other.
  public init(_ entries: [Layout.Entry], metadata: [String: String] = [:]) {
    var tensors: [Tensor] = []
    for entry in entries {
      let start = tensors.last?.bytes.upperBound ?? 0
      let end = start + entry.slot.count * MemoryLayout<Float>.size
      tensors.append(Tensor(name: entry.name, shape: entry.shape, bytes: start..<end))
    }
    precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors have one name")
    self.init(tensors: tensors, metadata: metadata)
  }

  init(tensors: [Tensor], metadata: [String: String]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The number of bytes behind the header.
  public var dataSize: Int { tensors.last?.bytes.upperBound ?? 0 }
}

extension Layout.Entry {
  /// The dimensions the tensor has in a file: a single row is a vector.
  public var shape: [Int] {
    slot.rows == 1 ? [slot.columns] : [slot.rows, slot.columns]
  }
}

// MARK: - Writing

extension TensorFileHeader {
  /// The file's first bytes: the JSON's length as 64 bits, and the JSON.
  ///
  /// Spaces pad it to a multiple of 8 bytes, so that the data behind it is aligned. Equal headers give
  /// equal bytes.
  var encoded: [UInt8] {
    let strings = metadata.sorted { $0.key < $1.key }
      .map { "\(quoted($0.key)):\(quoted($0.value))" }
    let records = tensors.map { tensor in
      "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":\(list(tensor.shape)),"
        + "\"data_offsets\":\(list([tensor.bytes.lowerBound, tensor.bytes.upperBound]))}"
    }
    let members = ["\"__metadata__\":{\(strings.joined(separator: ","))}"] + records
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    while !json.count.isMultiple(of: 8) { json.append(UInt8(ascii: " ")) }
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }

  private func list(_ numbers: [Int]) -> String {
    "[\(numbers.map(String.init).joined(separator: ","))]"
  }

  /// A JSON string: quotation marks, backslashes and control characters are escaped.
  private func quoted(_ text: String) -> String {
    let characters = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "\0"..<" ": "\\u00" + hexadecimal([UInt8(scalar.value)])
      default: String(scalar)
      }
    }
    return "\"\(characters.joined())\""
  }
}
