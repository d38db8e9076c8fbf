import Datasets
import Features
import Kernels

/// Domains of random rows with `fieldCount` fields beside the domain, which is the field in the middle.
struct ExampleData {
  let schema: Schema
  let domains: [LabelledRows]

  init(rowCounts: [Int], fieldCount: Int = 2, seed: UInt64 = 1) {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    var fields = (0..<fieldCount).map { Field(name: "field_\($0)", cardinality: 50 + $0) }
    fields.insert(Field(name: "domain", cardinality: rowCounts.count), at: fieldCount / 2)
    schema = Schema(
      fields: fields, domainField: fieldCount / 2,
      domainNames: rowCounts.indices.map { "domain \($0)" })
    domains = rowCounts.enumerated().map { domain, count in
      let stream = stream.derived(domain)
      var rows = LabelledRows(fieldCount: fieldCount)
      for field in 0..<fieldCount {
        let stream = stream.derived(field)
        rows.ids[field] = (0..<count).map { Int32(stream.integer(below: 50 + field, at: $0)) }
      }
      rows.labels = (0..<count).map { $0 % 3 == 0 ? 1 : 0 }
      return rows
    }
  }

  func contents(seed: UInt64 = 1) throws -> DatasetContents {
    try DatasetContents(
      name: "example", schema: schema,
      provenance: Provenance(sources: [], splitRule: StratifiedSplit.rule, seed: seed),
      domains: domains, split: StratifiedSplit(seed: seed))
  }
}
