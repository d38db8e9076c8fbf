public import Features
internal import Files

/// Rows without labels, read from a CSV file, for which probabilities are wanted.
///
/// The first line names the columns. Every field of the schema needs a column; other columns are
/// carried through to the output. Values are plain numbers without quotes. Every line ends with a
/// newline. A byte-order mark at the start is dropped.
public struct PredictionRequest: Sendable {
  /// The name of the column that ``write(_:to:)`` appends.
  public static let probabilityColumn = Schema.probabilityName

  /// Fields and domains.
  public let schema: Schema
  /// The ids, one array per field of the schema.
  public let ids: [[Int32]]
  private let header: [UInt8]
  private let lines: [[UInt8]]

  /// Reads a file, or a pipe to its end.
  ///
  /// - Throws: ``DatasetError`` if a column is missing, a value is not an id of its field, or the last
  ///   line has no newline.
  public init(readingCSV path: String, schema: Schema) throws(DatasetError) {
    let contents = try PredictionRequest.contents(of: path)
    self.schema = schema
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let bytes = contents.span.extracting(
      droppingFirst: contents.starts(with: mark) ? mark.count : 0)
    let columnCount = 1 + bytes.indices.prefix { bytes[$0] != 0x0A }.count { bytes[$0] == 0x2C }
    var reader = RecordReader(bytes, path: path, separator: .comma, fieldCount: columnCount)
    _ = try reader.next()
    try reader.requireRecords()
    let names = (0..<columnCount).map { String(decoding: reader.contents($0), as: UTF8.self) }
    guard !names.contains(PredictionRequest.probabilityColumn) else {
      throw reader.unexpected(
        "no column \(PredictionRequest.probabilityColumn) yet", found: "one")
    }
    var columns: [Int] = []
    for field in schema.fields {
      let matches = names.indices.filter { names[$0] == field.name }
      guard matches.count == 1 else {
        throw reader.unexpected(
          "one column \(field.name)", found: matches.isEmpty ? "none" : "\(matches.count)")
      }
      columns += matches
    }
    header = reader.recordRange.map { bytes[$0] }

    var ids = Array(repeating: [Int32](), count: schema.fields.count)
    var lines: [[UInt8]] = []
    while try reader.next() {
      for (field, column) in columns.enumerated() {
        let range = 0...schema.fields[field].cardinality - 1
        ids[field].append(Int32(try reader.integer(column, schema.fields[field].name, in: range)))
      }
      lines.append(reader.recordRange.map { bytes[$0] })
    }
    self.ids = ids
    self.lines = lines
  }

  /// The bytes of a file that is not mapped, because it may be a pipe.
  private static func contents(of path: String) throws(DatasetError) -> [UInt8] {
    do {
      return try FileDescriptor(reading: path).contents()
    } catch {
      throw .unreadable(operation: error.call, path: path, reason: error.reason)
    }
  }

  /// The number of rows.
  public var count: Int { lines.count }

  /// Copies consecutive rows into a batch, ordered by domain and otherwise in order; labels are 0.
  ///
  /// The batch's ``Features/Batch/samples`` are the indices of the rows in the request.
  public func fill(_ batch: inout Batch, with rows: Range<Int>) {
    precondition(
      batch.fieldCount == ids.count,
      "a batch of \(batch.fieldCount) fields for rows of \(ids.count)")
    let domains = ids[schema.domainField]
    batch.arrange(
      count: rows.count, domainCount: schema.domainCount,
      sample: { rows.lowerBound + $0 }, domain: { Int(domains[rows.lowerBound + $0]) })
    for row in 0..<batch.count {
      batch.labels[row] = 0
      for field in 0..<batch.fieldCount {
        batch.ids[field * batch.capacity + row] = ids[field][batch.samples[row]]
      }
    }
  }

  /// Writes the lines that were read, each with its probability in one more column.
  ///
  /// Probabilities are written with the fewest digits that give the same number when read back.
  ///
  /// - Throws: ``DatasetError`` if the file cannot be written; an older file is then left as it was.
  public func write(_ probabilities: [Float], to path: String) throws(DatasetError) {
    precondition(
      probabilities.count == count, "\(probabilities.count) probabilities for \(count) rows")
    var output = header + Array(",\(PredictionRequest.probabilityColumn)\n".utf8)
    for (line, probability) in zip(lines, probabilities) {
      output += line
      output += Array(",\(probability)\n".utf8)
    }
    try publishFile(output, to: path)
  }
}
