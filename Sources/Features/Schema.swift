/// What models and data agree on: the input fields and the domains.
///
/// The domain is both an input field (it is embedded) and what selects an adapter or a gate row, so
/// one of the fields is the domain and its ids are domain indices. A schema decoded from a file may
/// contradict that: see ``contradiction``.
public struct Schema: Hashable, Codable, Sendable {
  /// The input fields, in the order their embeddings are concatenated.
  public var fields: [Field]
  /// The index in `fields` of the domain.
  public var domainField: Int
  /// A name for each domain, for tables; the index is the domain id.
  public var domainNames: [String]

  /// Creates a schema; the domain field's cardinality is the number of names.
  public init(fields: [Field], domainField: Int, domainNames: [String]) {
    precondition(
      fields.indices.contains(domainField), "domain field \(domainField) of \(fields.count) fields")
    precondition(
      fields[domainField].cardinality == domainNames.count,
      "\(domainNames.count) names for \(fields[domainField].cardinality) domains")
    self.fields = fields
    self.domainField = domainField
    self.domainNames = domainNames
  }

  /// The number of domains, `D`.
  public var domainCount: Int { domainNames.count }
}
