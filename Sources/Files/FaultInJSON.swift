/// What is wrong with a JSON text that could not be decoded, or with a value that could not be encoded, in one line.
///
/// The decoder says no more of a number that does not fit its key's type than of a text that is no JSON, and not where
/// either is.
public func faultInJSON(_ error: any Error) -> String {
  let (keys, problem): ([any CodingKey], String) =
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      (context.codingPath, context.debugDescription)
    case DecodingError.keyNotFound(let key, let context):
      (context.codingPath + [key], "expected a value, found none")
    case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
      ([], "no JSON, or a number that does not fit its key")
    case DecodingError.dataCorrupted(let context): (context.codingPath, context.debugDescription)
    case EncodingError.invalidValue(_, let context):
      (context.codingPath, context.debugDescription)
    default: ([], "\(error)")
    }
  let path = keys.map(\.stringValue).joined(separator: ".")
  return (path.isEmpty ? problem : "\(path): \(problem)")
    .split(whereSeparator: \.isNewline).joined(separator: " ")
}
