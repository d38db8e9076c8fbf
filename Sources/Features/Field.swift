/// One categorical input column.
public struct Field: Hashable, Codable, Sendable {
  /// The column's name, for example `uid`.
  public var name: String
  /// The number of ids: values lie in `0..<cardinality`.
  public var cardinality: Int

  /// Creates a field.
  public init(name: String, cardinality: Int) {
    self.name = name
    self.cardinality = cardinality
  }
}
