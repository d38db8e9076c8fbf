/// Reads a text file of one record per line, fields separated by one byte or by a doubled byte.
///
/// Every record has the same number of fields and ends with a newline, the last one too: of a last
/// line without it nobody can tell whether its last field is whole. A carriage return before a newline
/// is dropped. No string is made but for messages.
struct RecordReader: ~Escapable {
  /// How fields are told apart.
  struct Separator {
    /// The byte between two fields.
    let byte: UInt8
    /// How often the byte is repeated, 1 or 2.
    let length: Int

    /// `,`.
    static let comma = Separator(byte: 0x2C, length: 1)
    /// `|`.
    static let bar = Separator(byte: 0x7C, length: 1)
    /// A tab.
    static let tab = Separator(byte: 0x09, length: 1)
    /// `::`.
    static let doubleColon = Separator(byte: 0x3A, length: 2)

    fileprivate var name: String {
      quoted(Array(repeating: byte, count: length))
    }
  }

  private let bytes: Span<UInt8>
  private let path: String
  private let separator: Separator
  private var fields: [Range<Int>]
  private var position = 0

  /// The number of the record's line, from 1; zero before the first.
  private(set) var line = 0

  /// Starts before the first record of a file's bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, path: String, separator: Separator, fieldCount: Int) {
    self.bytes = bytes
    self.path = path
    self.separator = separator
    fields = Array(repeating: 0..<0, count: fieldCount)
  }

  /// The bytes of the record's line, without its newline.
  var recordRange: Range<Int> {
    guard let first = fields.first, let last = fields.last else { return position..<position }
    return first.lowerBound..<last.upperBound
  }

  /// Goes to the next record; `false` at the end of the file.
  mutating func next() throws(DatasetError) -> Bool {
    guard position < bytes.count else { return false }
    line += 1
    // Rows have 32-bit numbers.
    guard line <= Int32.max else { throw unexpected("at most \(Int32.max) lines", found: "more") }
    var found = 0
    var start = position
    var index = position
    while index < bytes.count && bytes[index] != 0x0A {
      if startsSeparator(at: index) {
        close(&found, start..<index)
        index += separator.length
        start = index
      } else {
        index += 1
      }
    }
    guard index < bytes.count else {
      throw unexpected("a newline at the end", found: "the end of the file")
    }
    let dropsReturn = index > start && bytes[index - 1] == 0x0D
    close(&found, start..<(dropsReturn ? index - 1 : index))
    position = index + 1
    guard found == fields.count else {
      throw unexpected(
        "\(fields.count) fields separated by \(separator.name)", found: "\(found)")
    }
    return true
  }

  /// Throws if the file had no record at all.
  func requireRecords() throws(DatasetError) {
    guard line > 0 else {
      throw .unexpected(
        path: path, line: nil, expected: "at least one record", found: "an empty file")
    }
  }

  /// The field's digits as a number in a range.
  func integer(
    _ field: Int, _ name: String, in range: ClosedRange<Int>
  ) throws(DatasetError) -> Int {
    let field = fields[field]
    var value = 0
    var isNumber = !field.isEmpty && field.count <= 18
    for index in field {
      let digit = bytes[index] &- 0x30
      isNumber = isNumber && digit < 10
      value = value &* 10 &+ Int(digit)
    }
    guard isNumber, range.contains(value) else {
      let isOne = range.lowerBound == range.upperBound
      throw unexpected(
        isOne
          ? "\(name) \(range.lowerBound)"
          : "\(name), a number in \(range.lowerBound)...\(range.upperBound)",
        found: text(field))
    }
    return value
  }

  /// The field's bytes, copied.
  func contents(_ field: Int) -> [UInt8] { fields[field].map { bytes[$0] } }

  /// The error that a field of the record is not what was expected.
  func unexpected(_ expected: String, inField field: Int) -> DatasetError {
    unexpected(expected, found: text(fields[field]))
  }

  /// The error that the record is not what was expected.
  func unexpected(_ expected: String, found: String) -> DatasetError {
    .unexpected(path: path, line: line, expected: expected, found: found)
  }

  // MARK: -

  private func startsSeparator(at index: Int) -> Bool {
    guard bytes[index] == separator.byte else { return false }
    return separator.length == 1
      || (index + 1 < bytes.count && bytes[index + 1] == separator.byte)
  }

  private mutating func close(_ count: inout Int, _ field: Range<Int>) {
    if count < fields.count { fields[count] = field }
    count += 1
  }

  private func text(_ field: Range<Int>) -> String {
    field.isEmpty ? "an empty field" : quoted(field.map { bytes[$0] })
  }
}
