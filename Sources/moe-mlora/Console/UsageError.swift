/// A value of the command line that turned out, while the command ran, to be of no use.
///
/// What can be told from the arguments alone is a `ValidationError` of the parser instead.
struct UsageError: Error, CustomStringConvertible {
  /// The option, what was expected and what was found.
  let description: String

  /// Creates an error from its line.
  init(_ description: String) { self.description = description }
}
