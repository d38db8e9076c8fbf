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
///
/// Not `Sendable`, as its communicator is not.
public struct Scorer: ~Copyable {
  /// The rows of a block.
  public static let blockRows = 256

  private let model: Model
  private let group: Communicator
  private let figures: AUCKind
  private var workspace: ModelWorkspace
  private var batch: Batch
  /// The lookup of sharded tables, and the parameters of the working model.
  private var lookup: RowLookup?
  private var working: Buffer

  /// Creates a scorer for the ranks of a group.
  public init(_ model: Model, group: Communicator, figures: AUCKind = .exact) {
    self.init(model, group: group, figures: figures, shard: nil)
  }

  /// Creates a scorer for the ranks that share tables; `model` then is the working one.
  init(
    _ model: Model, group: Communicator, figures: AUCKind = .exact, shard: TableShard?
  ) {
    precondition(model.capacity >= Scorer.blockRows, "a capacity of \(model.capacity) rows")
    self.model = model
    self.group = group
    self.figures = figures
    workspace = ModelWorkspace(model)
    batch = Batch(capacity: Scorer.blockRows, fieldCount: model.schema.fields.count)
    if let shard {
      lookup = RowLookup(
        shard, working: model, ownRows: Scorer.blockRows, rows: group.size * Scorer.blockRows)
    } else {
      lookup = nil
    }
    working = Buffer(count: shard == nil ? 0 : model.layout.count)
  }

  /// Evaluates domains, each in a mode of its own.
  ///
  /// - Parameters:
  ///   - rows: the rows of a split.
  ///   - domains: the domains to evaluate, ascending.
  ///   - parameters: the model's parameters.
  ///   - attend: called after each block, for what cannot wait until the end.
  ///   - mode: the mode in which a domain is scored.
  /// - Returns: the same table on all ranks of the group.
  /// - Throws: what handing logits to rank 0, and figures back, throws, and what `attend` does.
  public mutating func evaluate(
    _ rows: SplitRows, domains: Range<Int>, parameters: borrowing Buffer,
    attend: () throws(MPIError) -> Void = {}, mode: (Int) -> ModelMode
  ) throws(MPIError) -> EvaluationTable {
    let blocks = rows.blocks(ofRows: Scorer.blockRows).filter { domains.contains($0.domain) }
    let first = blocks.first?.samples.lowerBound ?? 0
    let shares = try shares(of: blocks)
    var logits = [Float](repeating: 0, count: shares.total)
    let own = run(ofRank: group.rank, blocks.count)
    // Ranks look rows of sharded tables up together, also those that have no block left.
    let rounds = lookup == nil ? own.count : (blocks.count + group.size - 1) / group.size
    if lookup != nil { working.copy(0..<model.ranges.tables.lowerBound, from: parameters) }
    var prepared: ModelMode?
    for round in 0..<rounds {
      let block = round < own.count ? blocks[own.lowerBound + round] : nil
      rows.fill(&batch, with: block?.samples ?? 0..<0)
      if lookup != nil { try lookUp() }
      guard let block else { continue }
      let mode = mode(block.domain)
      score(parameters, mode: mode, prepares: prepared != mode)
      prepared = mode
      let values = model.logits(workspace)
      let start = block.samples.lowerBound - first
      for row in 0..<values.count { logits[start + row] = values[row] }
      try attend()
    }
    var span = logits.mutableSpan
    try group.gather(&span, blocks: shares)
    return try table(rows, domains: domains, logits: logits)
  }

  /// The blocks that a rank scores.
  private func run(ofRank rank: Int, _ count: Int) -> Range<Int> {
    count * rank / group.size..<count * (rank + 1) / group.size
  }

  /// How many rows each rank scores.
  private func shares(of blocks: [EvaluationBlock]) throws(MPIError) -> Blocks {
    try Blocks(
      counts: (0..<group.size).map { rank in
        blocks[run(ofRank: rank, blocks.count)].reduce(0) { $0 + $1.samples.count }
      })
  }

  /// Brings the table rows that the block uses among the working model's parameters.
  private mutating func lookUp() throws(MPIError) {
    lookup?.begin()
    lookup?.add(&batch)
    try lookup?.fetch(into: &working)
  }

  /// Scores the block, with the working model's parameters if tables are sharded.
  private mutating func score(_ parameters: borrowing Buffer, mode: ModelMode, prepares: Bool) {
    if lookup == nil {
      Scorer.score(model, batch, parameters, mode, prepares, &workspace)
    } else {
      Scorer.score(model, batch, working, mode, prepares, &workspace)
    }
  }

  private static func score(
    _ model: Model, _ batch: Batch, _ parameters: borrowing Buffer, _ mode: ModelMode,
    _ prepares: Bool, _ workspace: inout ModelWorkspace
  ) {
    if prepares { model.prepare(parameters, mode: mode, workspace) }
    model.forward(batch, parameters: parameters, mode: mode, dropout: nil, &workspace)
  }

  /// The figures, computed by rank 0 and the same on all.
  private func table(
    _ rows: SplitRows, domains: Range<Int>, logits: [Float]
  ) throws(MPIError) -> EvaluationTable {
    var words: [Double] = []
    if group.rank == 0 {
      var position = 0
      var table = EvaluationTable()
      for domain in domains {
        let labels = rows.labels(ofDomain: domain)
        let own = position..<position + labels.count
        table.domains.append(
          metrics(domain, logits: logits.span.extracting(own), labels: labels.span))
        position = own.upperBound
      }
      words = table.words
    }
    try group.broadcast(&words)
    return EvaluationTable(words: words, names: model.schema.domainNames)
  }

  /// The figures of a domain: undefined if a logit is not finite, as when training diverged.
  private func metrics(_ domain: Int, logits: Span<Float>, labels: Span<UInt8>) -> DomainMetrics {
    let name = model.schema.domainNames[domain]
    guard !allFinite(logits) else {
      return DomainMetrics(
        domain: domain, name: name, logits: logits, labels: labels, figure: figures)
    }
    var positives = 0
    for row in 0..<labels.count { positives += Int(labels[row]) }
    return DomainMetrics(
      domain: domain, name: name, rows: labels.count, positives: positives, auc: nil,
      logLoss: nil, calibration: nil)
  }
}
