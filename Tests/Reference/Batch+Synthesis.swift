public import Features
import Kernels

extension Batch {
  /// Rows with random ids and labels, ordered by domain; `domains` says which may occur.
  public init(random schema: Schema, count: Int, domains: [Int], seed: UInt64) {
    self.init(capacity: max(1, count), fieldCount: schema.fields.count)
    resize(to: count)
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    let chosen = (0..<count).map {
      domains[stream.derived(0).integer(below: domains.count, at: $0)]
    }
    for (row, domain) in chosen.sorted().enumerated() {
      self.domains[row] = Int32(domain)
      samples[row] = 1000 + 13 * row
      labels[row] = Float(stream.derived(1).integer(below: 2, at: row))
      for (index, field) in schema.fields.enumerated() {
        let id =
          index == schema.domainField
          ? domain : stream.derived(2 + index).integer(below: field.cardinality, at: row)
        ids[index * capacity + row] = Int32(id)
      }
    }
  }

  /// Rows of any domain.
  public init(random schema: Schema, count: Int, seed: UInt64) {
    self.init(random: schema, count: count, domains: Array(0..<schema.domainCount), seed: seed)
  }
}

extension Schema {
  /// A schema of `fields` fields with small tables, of which `domainField` is the domain.
  public static func small(fields: Int, domains: Int, domainField: Int) -> Schema {
    Schema(
      fields: (0..<fields).map { field in
        Field(name: "field\(field)", cardinality: field == domainField ? domains : 3 + 2 * field)
      }, domainField: domainField, domainNames: (0..<domains).map { "domain \($0)" })
  }
}
