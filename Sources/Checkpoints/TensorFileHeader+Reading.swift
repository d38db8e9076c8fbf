internal import Files
import FoundationEssentials

extension TensorFileHeader {
  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - json: The header's bytes, without the length before them.
  ///   - dataSize: The number of bytes behind the header.
  ///   - file: The file's path, for errors.
  /// - Throws: ``CheckpointError`` naming the first member that is not as the format asks.
  init(json: [UInt8], dataSize: Int, file: String) throws(CheckpointError) {
    let members: [String: Member]
    do {
      members = try JSONDecoder().decode([String: Member].self, from: Data(json))
    } catch {
      throw .unexpected(
        file: file, key: "header", expected: "a safetensors header", found: faultInJSON(error))
    }
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    for (name, member) in members {
      switch member {
      case .metadata(let strings): metadata = strings
      case .tensor(let record): tensors.append(try record.tensor(named: name, file: file))
      }
    }
    tensors.sort { first, second in
      (first.bytes.lowerBound, first.bytes.upperBound, first.name)
        < (second.bytes.lowerBound, second.bytes.upperBound, second.name)
    }
    self.init(tensors: tensors, metadata: metadata)
    try checkCoverage(of: dataSize, file: file)
  }

  /// Makes sure that the tensors fill the data without gap or overlap.
  private func checkCoverage(of dataSize: Int, file: String) throws(CheckpointError) {
    var end = 0
    for tensor in tensors {
      guard tensor.bytes.lowerBound == end else {
        throw .unexpected(
          file: file, key: "\(tensor.name): data_offsets", expected: "a start at \(end)",
          found: "\(tensor.bytes.lowerBound)")
      }
      end = tensor.bytes.upperBound
    }
    guard end == dataSize else {
      throw .unexpected(
        file: file, key: "size", expected: "\(end) bytes of tensors", found: "\(dataSize)")
    }
  }
}

/// What a header's JSON object maps a name to.
private enum Member: Decodable {
  case metadata([String: String])
  case tensor(Record)

  init(from decoder: any Decoder) throws {
    if decoder.codingPath.last?.stringValue == "__metadata__" {
      self = .metadata(try [String: String](from: decoder))
    } else {
      self = .tensor(try Record(from: decoder))
    }
  }
}

/// A tensor's description as the file spells it.
private struct Record: Decodable {
  var dtype: String
  var shape: [Int]
  var dataOffsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case dataOffsets = "data_offsets"
  }

  /// The tensor, if type, dimensions and byte range go together.
  func tensor(named name: String, file: String) throws(CheckpointError) -> TensorFileHeader.Tensor {
    guard dtype == "F32" else {
      throw .unexpected(file: file, key: "\(name): dtype", expected: "F32", found: dtype)
    }
    guard let size = sizeInBytes else {
      throw .unexpected(
        file: file, key: "\(name): shape", expected: "dimensions of a tensor in memory",
        found: "\(shape)")
    }
    guard
      dataOffsets.count == 2, dataOffsets[0] >= 0, dataOffsets[0] <= dataOffsets[1],
      dataOffsets[1] - dataOffsets[0] == size
    else {
      throw .unexpected(
        file: file, key: "\(name): data_offsets", expected: "start and end \(size) bytes apart",
        found: "\(dataOffsets)")
    }
    return TensorFileHeader.Tensor(
      name: name, shape: shape, bytes: dataOffsets[0]..<dataOffsets[1])
  }

  /// The size that the shape asks for; `nil` if a dimension is negative or the product overflows.
  private var sizeInBytes: Int? {
    var size = MemoryLayout<Float>.size
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      if dimension < 0 || overflow { return nil }
      size = product
    }
    return size
  }
}
