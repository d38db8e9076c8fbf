import Features
import Kernels
import Models
import Reference
import Training

/// Batches of rows with gradients, and the sums of their tables in plain arrays.
struct TableExample {
  let model: Model
  let tree: ShardTree
  let capacity: Int

  /// Tables of 1, 3 and 60 rows, so that some rows occur in every shard and others never.
  init(_ backbone: BackboneKind, shards: Int, rows: Int) {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.adaptation = .none
    configuration.embeddingWidth = 5
    configuration.hidden = [4]
    let schema = Schema(
      fields: [
        Field(name: "popular", cardinality: 1), Field(name: "domain", cardinality: 3),
        Field(name: "rare", cardinality: 60),
      ], domainField: 1, domainNames: ["a", "b", "c"])
    model = Model(configuration, schema: schema, capacity: rows)
    tree = ShardTree(shardCount: shards)
    capacity = rows
  }

  /// One batch per shard, of `rows` rows in all.
  func batches(rows: Int, seed: UInt64) -> [Batch] {
    (0..<tree.shardCount).map { shard in
      let shardRows = tree.rows(ofShard: shard, batch: rows).count
      return Batch(random: model.schema, count: shardRows, seed: 100 * seed + UInt64(shard))
    }
  }

  /// Gradients of all rows, with exponents from -20 to 20: in another order they have another sum.
  func rowGradients(rows: Int, seed: UInt64) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    return (0..<rows * model.rowGradientWidth).map { index in
      let bits = stream.bits(at: index)
      let exponent = 107 + UInt32(truncatingIfNeeded: (bits >> 32) % 41)
      return Float(
        bitPattern: UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF | exponent << 23)
    }
  }
}

// MARK: - The slow way

extension TableExample {
  /// A table per shard, by table row; `nil` where no row of the shard uses it.
  private typealias Shard = [[Float]?]

  /// The gradients of all tables in the order of the parameters, padding included.
  func denseSum(_ batches: [Batch], _ gradients: [Float]) -> [Float] {
    var all = [Float](repeating: 0, count: model.ranges.tables.count)
    let width = model.configuration.embeddingWidth
    for (field, table) in model.embeddingTables.enumerated() {
      store(sum(batches, gradients, field, field * width..<(field + 1) * width), table, &all)
    }
    for (field, table) in model.wideTables.enumerated() {
      let last = model.rowGradientWidth - 1
      store(sum(batches, gradients, field, last..<last + 1), table, &all)
    }
    return all
  }

  private func store(_ sums: Shard, _ table: Slot, _ all: inout [Float]) {
    for (id, values) in sums.enumerated() {
      for (column, value) in (values ?? []).enumerated() {
        all[table.offset - model.ranges.tables.lowerBound + id * table.columns + column] = value
      }
    }
  }

  /// The sum over all shards of the columns of row gradients that belong to a field.
  private func sum(
    _ batches: [Batch], _ gradients: [Float], _ field: Int, _ columns: Range<Int>
  ) -> Shard {
    var row = 0
    var shards: [Shard] = []
    for batch in batches {
      var shard = Shard(repeating: nil, count: model.schema.fields[field].cardinality)
      for id in batch.ids(ofField: field) {
        let start = row * model.rowGradientWidth
        let values = columns.map { gradients[start + $0] }
        shard[Int(id)] = add(shard[Int(id)], values)
        row += 1
      }
      shards.append(shard)
    }
    return sum(shards[...])
  }

  /// Halves are summed, then added.
  private func sum(_ shards: ArraySlice<Shard>) -> Shard {
    guard shards.count > 1 else { return shards[shards.startIndex] }
    let middle = (shards.startIndex + shards.endIndex) / 2
    return zip(sum(shards[..<middle]), sum(shards[middle...])).map(add)
  }

  private func add(_ left: [Float]?, _ right: [Float]?) -> [Float]? {
    guard let left, let right else { return left ?? right }
    return zip(left, right).map { $0 + $1 }
  }
}
