import Features
import Kernels
import MPI
import Models
import Reference
import Testing
import Training

/// The gradients of one rank; those that ranks share are the matter of ``GradientExchangeTests``.
@Suite struct RowGradientsTests {
  private static let shardCounts = [1, 2, 3, 8, 17]
  /// The rows of batches in turn: full, ragged and tiny ones, none, and fewer than shards.
  private static let turns = [97, 96, 1, 0, 16, 2, 97]

  @Test func `a rank alone has all rows of a batch, unless they are for lists`() throws {
    for backbone in TinyRun.backbones {
      let example = TableExample(backbone, shards: 4, rows: 97)
      for isForLists in [false, true] {
        let gradients = try gradients(example, isForLists: isForLists)
        #expect(gradients.hasAllRows == !isForLists)
        #expect(!gradients.isShared && gradients.refusal == nil)
        #expect(gradients.columns == 3 * 5 + 1)
        #expect(gradients.rowCount == 0)
      }
    }
  }

  @Test(arguments: shardCounts, [false, true])
  func `rows are where they were written, and others stay as they are`(
    shards: Int, isForLists: Bool
  ) throws {
    let example = TableExample(.wdl, shards: shards, rows: 97)
    let gradients = try gradients(example, isForLists: isForLists)
    let columns = gradients.columns
    for (turn, rows) in Self.turns.enumerated() {
      let stream = RandomStream(seed: UInt64(turn), purpose: .synthesis).derived(shards)
      gradients.begin(rows: rows)
      #expect(gradients.rowCount == rows)
      // By shard, rows in order.
      var plain: [[UInt32]] = (0..<shards).map { shard in
        Array(repeating: 0, count: columns * example.tree.rows(ofShard: shard, batch: rows).count)
      }
      let order = stream.permutation(count: shards)
      for (write, shard) in (order + order.prefix(2)).enumerated() {
        let values = stream.derived(write)
        for index in plain[Int(shard)].indices {
          plain[Int(shard)][index] = UInt32(truncatingIfNeeded: values.bits(at: index))
        }
        gradients.withMutableRows(ofShard: Int(shard)) { span in
          #expect(span.count == plain[Int(shard)].count)
          for index in 0..<span.count { span[index] = Float(bitPattern: plain[Int(shard)][index]) }
        }
      }
      for shard in 0..<shards {
        gradients.withRows(ofShard: shard) { matrix in
          #expect(matrix.columns == columns)
          #expect(bits(of: matrix) == plain[shard], "shard \(shard) of \(rows) rows")
        }
      }
      #expect(gradients.values.bits(0..<rows * columns) == plain.flatMap(\.self))
    }
  }

  @Test(arguments: shardCounts)
  func `ids are here as bits, and do not touch the gradients`(shards: Int) throws {
    let example = TableExample(.wdl, shards: shards, rows: 97)
    let gradients = try gradients(example)
    for (turn, rows) in Self.turns.enumerated() {
      let stream = RandomStream(seed: UInt64(turn), purpose: .synthesis)
      var batches = example.batches(rows: rows, seed: UInt64(turn))
      var plain: [[UInt32]] = Array(repeating: [], count: 3)
      for shard in batches.indices {
        for field in 0..<3 {
          for index in 0..<batches[shard].count {
            // Any bits: as floats some are zeros, subnormal numbers or NaNs that signal.
            let number = stream.derived(field).bits(at: plain[field].count)
            let id = number % 4 == 0 ? 0x7F80_0001 : Int32(truncatingIfNeeded: number >> 40)
            batches[shard].ids[field * batches[shard].capacity + index] = id
            plain[field].append(UInt32(bitPattern: id))
          }
        }
      }
      let values = example.rowGradients(rows: rows, seed: UInt64(turn))
      gradients.begin(rows: rows)
      gradients.write(values, shards: shards)
      try gradients.complete(batches[...])
      for field in 0..<3 {
        let range = gradients.ids(ofField: field)
        #expect(gradients.values.bits(range) == plain[field], "field \(field) of \(rows) rows")
      }
      #expect(
        gradients.values.bits(0..<values.count) == values.map(\.bitPattern), "\(rows) rows")
    }
  }

  @Test(arguments: TinyRun.backbones, [false, true])
  func `a shard's rows are copied from its backward pass`(
    backbone: BackboneKind, isForLists: Bool
  ) throws {
    let example = TableExample(backbone, shards: 5, rows: 23)
    let model = example.model
    let gradients = try gradients(example, isForLists: isForLists)
    var parameters = Buffer(model.layout)
    parameters.randomise(model.layout, limit: 0.5, seed: 2)
    var dense = Buffer(model.layout)
    useOneThread()
    var workspace = ModelWorkspace(model)
    model.prepare(parameters, mode: .backbone, workspace)
    for (turn, rows) in [23, 6, 23].enumerated() {
      let batches = example.batches(rows: rows, seed: UInt64(turn))
      gradients.begin(rows: rows)
      var expected: [[UInt32]] = []
      for (shard, batch) in batches.enumerated() {
        // Of one shard the gradients are not finite; that is not the fault of the others.
        let isFinite = shard != turn
        model.forward(
          batch, parameters: parameters, mode: .backbone, dropout: nil, &workspace)
        _ = model.backward(
          batch, parameters: parameters, mode: .backbone, trainable: .backbone,
          scale: isFinite ? 1 / Float(rows) : .infinity, gradients: &dense, &workspace)
        #expect(
          gradients.copy(ofShard: shard, from: model, workspace) == isFinite,
          "shard \(shard) of \(rows) rows")
        let (inputs, logits) = (model.inputGradient(workspace), model.logitGradient(workspace))
        var plain: [UInt32] = []
        for row in 0..<batch.count {
          plain += floats(of: inputs[row: row]).map(\.bitPattern) + [logits[row].bitPattern]
        }
        expected.append(plain)
      }
      for shard in batches.indices {
        gradients.withRows(ofShard: shard) { matrix in
          #expect(bits(of: matrix) == expected[shard], "shard \(shard) of \(rows) rows")
        }
      }
    }
  }

  @Test func `more rows than there is room for stop the program`() async {
    await #expect(processExitsWith: .failure) {
      let example = TableExample(.wdl, shards: 4, rows: 97)
      guard
        let gradients = try? RowGradients(
          example.model, tree: example.tree, group: .alone, node: .alone, batch: 97)
      else { return }
      gradients.begin(rows: 98)
    }
  }

  private func gradients(
    _ example: TableExample, isForLists: Bool = false
  ) throws -> RowGradients {
    try RowGradients(
      example.model, tree: example.tree, group: .alone, node: .alone, batch: example.capacity,
      isForLists: isForLists)
  }

  private func bits(of matrix: Matrix) -> [UInt32] { floats(of: matrix).map(\.bitPattern) }
}
