/// One value of a configuration: its name, what it means, and how it is read and written.
///
/// The table ``all`` is the only list of the keys there is. Reading files, `--set`, writing
/// `config.yaml`, validation, help texts and the reference in the documentation all follow it.
public struct ConfigurationKey: Sendable {
  /// The dotted name, for example `model.gate.input`.
  public let name: String
  /// The possible values, in words that follow “expected”.
  public let expectation: String
  /// The default as it is written in a file, or the name of the key it is taken from.
  public let defaultText: String
  /// The unit of the value, if it has one.
  public let unit: String?
  /// What the value decides, in one sentence.
  public let help: String
  /// Whether the value has a place of its own; otherwise the key only sets other keys' values.
  public let isStored: Bool
  /// Whether results depend on the value.
  public let decidesResults: Bool

  /// The value as it is written in a file.
  let text: @Sendable (RunConfiguration) -> String
  /// Whether the value is possible.
  let isPossible: @Sendable (RunConfiguration) -> Bool
  /// Sets the value to what was written; returns whether that was as expected.
  let read: @Sendable (ConfigurationValue, inout RunConfiguration) -> Bool

  /// Creates the key of a value.
  init<Value>(
    _ name: String, _ path: any WritableKeyPath<RunConfiguration, Value> & Sendable,
    _ format: ConfigurationFormat<Value>, unit: String? = nil, _ help: String,
    decidesResults: Bool = true
  ) {
    self.init(
      name, format, unit: unit, help, decidesResults: decidesResults,
      get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 })
  }

  /// Creates the key of a value that is reached through functions.
  ///
  /// - Parameters:
  ///   - name: The dotted name.
  ///   - format: How the value is written, read and judged.
  ///   - unit: The value's unit.
  ///   - help: What the value decides.
  ///   - fallback: The name of the key that the default is taken from.
  ///   - isStored: Whether the value has a place of its own.
  ///   - decidesResults: Whether results depend on the value.
  ///   - get: The value of a configuration.
  ///   - set: Sets the value of a configuration.
  init<Value>(
    _ name: String, _ format: ConfigurationFormat<Value>, unit: String?, _ help: String,
    fallback: String? = nil, isStored: Bool = true, decidesResults: Bool = true,
    get: @escaping @Sendable (RunConfiguration) -> Value,
    set: @escaping @Sendable (inout RunConfiguration, Value) -> Void
  ) {
    self.name = name
    expectation = format.expectation
    defaultText = fallback ?? format.text(get(RunConfiguration()))
    self.unit = unit
    self.help = help
    self.isStored = isStored
    self.decidesResults = decidesResults
    text = { format.text(get($0)) }
    isPossible = { format.allows(get($0)) }
    read = { written, configuration in
      guard let value = format.read(written) else { return false }
      set(&configuration, value)
      return true
    }
  }

  /// The keys that have a place of their own and whose values this key sets: itself, or those of the
  /// phases.
  var storedKeys: [ConfigurationKey] {
    isStored ? [self] : Self.all.filter { $0.defaultText == name }
  }

  /// The names of the mappings that hold the key, outermost first.
  var sections: [String] { name.split(separator: ".").dropLast().map(String.init) }

  /// The last part of the name.
  var lastComponent: String { name.split(separator: ".").last.map(String.init) ?? name }
}
