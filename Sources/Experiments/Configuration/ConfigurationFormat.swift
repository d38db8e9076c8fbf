/// How values of one type are written, read and judged.
struct ConfigurationFormat<Value: Sendable>: Sendable {
  /// The values that are possible, in words that follow “expected”.
  let expectation: String
  /// Whether a value is possible.
  let allows: @Sendable (Value) -> Bool
  /// The value that was written, possible or not; `nil` if it is of another type.
  let parse: @Sendable (ConfigurationValue) -> Value?
  /// A value as it is written in a file.
  let text: @Sendable (Value) -> String

  /// The possible value that was written, if it is one.
  func read(_ written: ConfigurationValue) -> Value? {
    guard let value = parse(written), allows(value) else { return nil }
    return value
  }
}

extension ConfigurationFormat where Value: CaseIterable & RawRepresentable<String> {
  /// One of the words of an enumeration.
  static var choice: Self {
    let words = Value.allCases.map { "`\($0.rawValue)`" }
    return Self(
      expectation: words.dropLast().joined(separator: ", ") + " or " + (words.last ?? ""),
      allows: { _ in true },
      parse: { written in written.word.flatMap(Value.init(rawValue:)) },
      text: \.rawValue)
  }
}

extension ConfigurationFormat where Value == String {
  /// A path of printable characters, or a word that stands for an empty one.
  static func text(orEmptyAs word: String) -> Self {
    Self(
      expectation: "`\(word)` or a path without quotation marks and control characters",
      allows: { text in
        text.unicodeScalars.allSatisfy {
          $0.value >= 0x20 && $0 != "\"" && $0 != "\\" && $0 != "\u{7F}"
        }
      },
      parse: { written in
        written.word.flatMap { $0.isEmpty ? nil : $0 == word ? "" : $0 }
      },
      text: { value in value.isEmpty ? word : "\"\(value)\"" })
  }
}

extension ConfigurationFormat where Value: FixedWidthInteger {
  /// A whole number in a range.
  static func wholeNumber(_ range: ClosedRange<Value>) -> Self {
    Self(
      expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      allows: range.contains,
      parse: { written in written.number.flatMap { Value($0) } },
      text: { "\($0)" })
  }
}

extension ConfigurationFormat where Value == Int? {
  /// A whole number in a range, or a word that stands for `nil`.
  static func wholeNumber(_ range: ClosedRange<Int>, orNilAs word: String) -> Self {
    let number = ConfigurationFormat<Int>.wholeNumber(range)
    return Self(
      expectation: "`\(word)` or \(number.expectation)",
      allows: { value in value.map(number.allows) ?? true },
      parse: { written in
        written.word == word ? .some(nil) : number.parse(written).map { .some($0) }
      },
      text: { value in value.map(number.text) ?? word })
  }
}

extension ConfigurationFormat where Value == [Int] {
  /// A list of whole numbers in a range, of a length in a range.
  static func wholeNumbers(_ range: ClosedRange<Int>, count: ClosedRange<Int>) -> Self {
    let number = ConfigurationFormat<Int>.wholeNumber(range)
    return Self(
      expectation: "a list of \(count.lowerBound) to \(count.upperBound) whole numbers "
        + "from \(range.lowerBound) to \(range.upperBound), such as [64, 32]",
      allows: { values in count.contains(values.count) && values.allSatisfy(number.allows) },
      parse: { written in
        guard let elements = written.elements else { return nil }
        let values = elements.compactMap(number.parse)
        return values.count == elements.count ? values : nil
      },
      text: { values in "[\(values.map(number.text).joined(separator: ", "))]" })
  }
}

extension ConfigurationFormat where Value == Float {
  /// A number above zero; what single precision cannot hold is read as zero or infinity, and refused.
  static var positiveNumber: Self {
    number("a number from 1e-45 to 3.4e38 (single precision)") { $0 > 0 }
  }

  /// A number of at least zero.
  static var nonnegativeNumber: Self {
    number("a number from 0 to 3.4e38 (single precision)") { $0 >= 0 }
  }

  /// A share of at least zero and below one.
  static var shareBelowOne: Self {
    number("a number of at least 0 and below 1") { (0..<1).contains($0) }
  }

  private static func number(
    _ expectation: String, allows: @escaping @Sendable (Float) -> Bool
  ) -> Self {
    Self(
      expectation: expectation,
      allows: { $0.isFinite && allows($0) },
      parse: { written in written.number.flatMap(decimal) },
      text: { "\($0)" })
  }

  /// The number that decimal digits write; other spellings that Swift reads, such as `0x1p3` and
  /// `nan`, are not numbers of a configuration.
  private static func decimal(_ text: String) -> Float? {
    guard text.utf8.allSatisfy("+-.0123456789eE".utf8.contains) else { return nil }
    return Float(text)
  }
}
