public import Datasets
public import Evaluation
import Features
public import Kernels
public import Models
public import MPI

/// Evaluates a model on the rows of a split, each rank scoring some blocks of rows.
///
/// Blocks have fixed boundaries and hold rows of one domain, so logits do not depend on the number of
/// ranks. Rank 0 computes the figures and hands them to all.
public struct Scorer: ~Copyable {
  /// The rows of a block.
  public static let blockRows = 256

  private let model: Model
  private let group: Communicator
  private var workspace: ModelWorkspace
  private var batch: Batch

  /// Creates a scorer for the ranks of a group.
  public init(_ model: Model, group: Communicator) {
    precondition(model.capacity >= Scorer.blockRows, "a capacity of \(model.capacity) rows")
    self.model = model
    self.group = group
    workspace = ModelWorkspace(model)
    batch = Batch(capacity: Scorer.blockRows, fieldCount: model.schema.fields.count)
  }

  /// Evaluates domains, each in a mode of its own.
  ///
  /// - Parameters:
  ///   - rows: the rows of a split.
  ///   - domains: the domains to evaluate, ascending.
  ///   - parameters: the model's parameters.
  ///   - mode: the mode in which a domain is scored.
  /// - Returns: the same table on all ranks of the group.
  public mutating func evaluate(
    _ rows: SplitRows, domains: Range<Int>, parameters: borrowing Buffer, mode: (Int) -> ModelMode
  ) throws(MPIError) -> EvaluationTable {
    var logits = [Float](
      repeating: 0, count: domains.reduce(0) { $0 + rows.samples(ofDomain: $1).count })
    let blocks = Scorer.blocks(rows, domains: domains)
    model.prepare(parameters, workspace)
    for block in Scorer.run(ofRank: group.rank, of: group.size, blocks.count) {
      score(blocks[block], rows: rows, parameters: parameters, mode: mode, into: &logits)
    }
    let counts = (0..<group.size).map { rank in
      Scorer.run(ofRank: rank, of: group.size, blocks.count).reduce(0) {
        $0 + blocks[$1].samples.count
      }
    }
    var span = logits.mutableSpan
    try group.gather(&span, blocks: Blocks(counts: counts))
    return try table(rows, domains: domains, logits: logits)
  }

  /// Rows of one domain.
  private struct Block {
    let domain: Int
    /// The rows' numbers in the split.
    let samples: Range<Int>
    /// Where their logits go.
    let position: Int
  }

  private static func blocks(_ rows: SplitRows, domains: Range<Int>) -> [Block] {
    var blocks: [Block] = []
    var position = 0
    for domain in domains {
      let all = rows.samples(ofDomain: domain)
      for start in stride(from: all.lowerBound, to: all.upperBound, by: blockRows) {
        let samples = start..<min(start + blockRows, all.upperBound)
        blocks.append(Block(domain: domain, samples: samples, position: position))
        position += samples.count
      }
    }
    return blocks
  }

  private static func run(ofRank rank: Int, of size: Int, _ count: Int) -> Range<Int> {
    count * rank / size..<count * (rank + 1) / size
  }

  private mutating func score(
    _ block: Block, rows: SplitRows, parameters: borrowing Buffer, mode: (Int) -> ModelMode,
    into logits: inout [Float]
  ) {
    rows.fill(&batch, with: block.samples)
    model.forward(
      batch, parameters: parameters, mode: mode(block.domain), dropout: nil, &workspace)
    let values = model.logits(workspace)
    for row in 0..<values.count { logits[block.position + row] = values[row] }
  }

  private func table(
    _ rows: SplitRows, domains: Range<Int>, logits: [Float]
  ) throws(MPIError) -> EvaluationTable {
    var words = [Double](repeating: 0, count: EvaluationTable.wordCount(domains: domains.count))
    if group.rank == 0 {
      var table = EvaluationTable()
      var position = 0
      for domain in domains {
        let count = rows.samples(ofDomain: domain).count
        table.append(
          domain: domain, name: model.schema.domainNames[domain],
          logits: logits.span.extracting(position..<position + count),
          labels: rows.labels(ofDomain: domain).span)
        position += count
      }
      words = table.words
    }
    try group.broadcast(&words)
    return EvaluationTable(words: words, names: model.schema.domainNames)
  }
}
