import Features
import Kernels
import MPI
import Models
import Reference
import Training

/// Batches of rows with gradients, and the sums of their tables in plain arrays.
struct TableExample {
  let model: Model
  let tree: ShardTree
  let capacity: Int

  /// Tables of 1, 3 and `rareRows` rows, so that some rows occur in every shard and others never.
  init(_ backbone: BackboneKind, shards: Int, rows: Int, rareRows: Int = 60) {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.adaptation = .none
    configuration.embeddingWidth = 5
    configuration.hidden = [4]
    let schema = Schema(
      fields: [
        Field(name: "popular", cardinality: 1), Field(name: "domain", cardinality: 3),
        Field(name: "rare", cardinality: rareRows),
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

  /// Gradients of all rows, some of them negative zeros, the others with exponents from -20 to 20: in
  /// another order they have another sum.
  func rowGradients(rows: Int, seed: UInt64) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    return (0..<rows * model.rowGradientWidth).map { index in
      let bits = stream.bits(at: index)
      guard index % 11 > 0 else { return -0.0 }
      let exponent = 107 + UInt32(truncatingIfNeeded: (bits >> 32) % 41)
      return Float(
        bitPattern: UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF | exponent << 23)
    }
  }
}

// MARK: - As a rank alone has them

extension TableExample {
  /// The gradients of the rows of batches, in order.
  func gradients(of batches: [Batch], _ values: [Float]) throws -> RowGradients {
    let gradients = try RowGradients(
      model, tree: tree, group: .alone, node: .alone, batch: capacity)
    gradients.begin(rows: batches.reduce(0) { $0 + $1.count })
    gradients.write(values, shards: tree.shardCount)
    return gradients
  }
}

extension RowGradients {
  /// Writes the gradients of all rows, shard after shard.
  func write(_ values: [Float], shards: Int) {
    var first = 0
    for shard in 0..<shards {
      withMutableRows(ofShard: shard) { span in
        for index in 0..<span.count { span[index] = values[first + index] }
        first += span.count
      }
    }
  }
}

// MARK: - The slow way

extension TableExample {
  /// The gradients of all tables in the order of the parameters, padding included: a dense buffer per
  /// shard, to which its rows are added one after another, and the buffers added up the tree.
  func denseSum(_ batches: [Batch], _ gradients: [Float]) -> [Float] {
    var row = 0
    var shards: [[Float]] = []
    for batch in batches {
      var shard = [Float](repeating: 0, count: model.ranges.tables.count)
      for index in 0..<batch.count {
        let start = row * model.rowGradientWidth
        add(
          gradients[start..<start + model.rowGradientWidth],
          ids: (0..<batch.fieldCount).map { Int(batch.ids[$0 * batch.capacity + index]) },
          to: &shard)
        row += 1
      }
      shards.append(shard)
    }
    return sum(shards[...])
  }

  /// Adds the gradients of one row of a batch to those of the table rows it uses.
  private func add(_ gradient: ArraySlice<Float>, ids: [Int], to shard: inout [Float]) {
    let base = model.ranges.tables.lowerBound
    for (field, table) in model.embeddingTables.enumerated() {
      for column in 0..<table.columns {
        shard[table.offset - base + ids[field] * table.columns + column] +=
          gradient[gradient.startIndex + field * table.columns + column]
      }
    }
    for (field, table) in model.wideTables.enumerated() {
      shard[table.offset - base + ids[field]] += gradient[gradient.endIndex - 1]
    }
  }

  /// Halves are summed, then added.
  private func sum(_ shards: ArraySlice<[Float]>) -> [Float] {
    guard shards.count > 1 else { return shards[shards.startIndex] }
    let middle = (shards.startIndex + shards.endIndex) / 2
    return zip(sum(shards[..<middle]), sum(shards[middle...])).map { $0 + $1 }
  }
}
