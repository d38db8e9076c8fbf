import Evaluation
import Models

/// The sizes of a phase that decide what it costs on any number of ranks.
package struct PhaseShape: Hashable, Sendable {
  /// What is trained by itself: the phase, or one of its experts.
  package struct Part: Hashable, Sendable {
    /// The rows of an epoch.
    package var rows: Int
    /// The steps of an epoch.
    package var steps: Int
    /// The rows of an evaluation.
    package var validationRows: Int
    /// The domains that are evaluated.
    package var domains: Int
    /// The floats that other ranks get at the end; zero if all have them.
    package var publishedFloats: Int

    /// States the sizes.
    package init(
      rows: Int, steps: Int, validationRows: Int, domains: Int, publishedFloats: Int
    ) {
      self.rows = rows
      self.steps = steps
      self.validationRows = validationRows
      self.domains = domains
      self.publishedFloats = publishedFloats
    }
  }

  /// The phase.
  package var phase: TrainingPhase
  /// The number of shards, `S`.
  package var shards: Int
  /// The rows of a step, `B`.
  package var globalBatch: Int
  /// The evaluations of an epoch.
  package var evaluationsPerEpoch: Int
  /// The floats of the dense gradients that a step sums.
  package var gradientFloats: Int
  /// The tables that a step trains.
  package var tables: StepTraffic.Tables
  /// The phase, or its experts.
  package var parts: [Part]
  /// What the phase keeps in memory.
  package var memory: Memory

  /// The floats that a rank allocates on any number of ranks, and what else its memory depends on.
  package struct Memory: Hashable, Sendable {
    /// All parameters but the tables.
    package var dense: Int
    /// Those of them that change, of which the best and Adam's two moments are kept.
    package var changes: Int
    /// The largest tensor of those.
    package var largestChange: Int
    /// The floats in front of the gradients in a buffer of them.
    package var prefix: Int
    /// All tables.
    package var tables: Int
    /// The activations of a pass, of which training and evaluation have their own.
    package var activations: Int
    /// The fields of a row.
    package var fields: Int
    /// Whether what changes is copied for checkpoints, with the best and the moments.
    package var writesCheckpoints: Bool

    /// States the sizes.
    package init(
      dense: Int, changes: Int, largestChange: Int, prefix: Int, tables: Int, activations: Int,
      fields: Int,
      writesCheckpoints: Bool
    ) {
      self.dense = dense
      self.changes = changes
      self.largestChange = largestChange
      self.prefix = prefix
      self.tables = tables
      self.activations = activations
      self.fields = fields
      self.writesCheckpoints = writesCheckpoints
    }
  }

  /// States the sizes of a phase.
  package init(
    phase: TrainingPhase, shards: Int, globalBatch: Int, evaluationsPerEpoch: Int,
    gradientFloats: Int, tables: StepTraffic.Tables, parts: [Part], memory: Memory
  ) {
    self.phase = phase
    self.shards = shards
    self.globalBatch = globalBatch
    self.evaluationsPerEpoch = evaluationsPerEpoch
    self.gradientFloats = gradientFloats
    self.tables = tables
    self.parts = parts
    self.memory = memory
  }

  /// What a step of so many ranks sends, some of which share a node.
  package func traffic(ranks: Int, onNode ranksOnNode: Int) -> StepTraffic {
    StepTraffic(
      floats: gradientFloats, prefix: memory.prefix, tables: tables, batch: globalBatch,
      shards: shards, ranks: ranks, ranksOnNode: ranksOnNode)
  }

  /// What an evaluation sends: logits to rank 0, figures back, and the sums of the loss; rows of
  /// sharded tables before each block.
  func evaluationTraffic(_ part: Part, ranks: Int) -> Traffic {
    let words = EvaluationTable.wordCount(domains: part.domains)
    let losses = shards * part.steps / max(1, evaluationsPerEpoch)
    let block = Scorer.blockRows
    let blocks = (part.validationRows + block - 1) / block
    let lookup = RowLists(tables, ownRows: block, batch: ranks * block, ranks: ranks).lookup
    return ((blocks + ranks - 1) / ranks) * lookup
      + .gather(4 * part.validationRows, ranks: ranks)
      + .broadcast(8, ranks: ranks) + .broadcast(8 * words, ranks: ranks)
      + .allReduce(8 * losses, ranks: ranks)
  }

  /// The bytes that a rank allocates for itself, by the ranks that take a step together and how many of them
  /// share a node; beside them, the ranks of a node have ``sharedBytes`` together.
  package func memoryInBytes(ranks: Int, onNode ranksOnNode: Int) -> Int {
    let rows = parts.map(\.rows).max() ?? 0
    let validationRows = parts.map(\.validationRows).max() ?? 0
    let floats =
      2 * memory.activations + traffic(ranks: ranks, onNode: ranksOnNode).bufferFloats
    // A row has its ids, its label and its sample in a batch; of an epoch its place in the order.
    return parameterBytes(ranks: ranks, onNode: ranksOnNode)
      + 4 * (floats + globalBatch * (memory.fields + 2) + rows + validationRows)
  }

  /// The part of the memory that is parameters, the best ones, moments, gradients of tables, and copies of these for
  /// checkpoints.
  func parameterBytes(ranks: Int, onNode ranksOnNode: Int) -> Int {
    let floats =
      memory.dense + 3 * memory.changes + ownTableFloats(ranks: ranks, onNode: ranksOnNode)
    return 4 * floats + checkpointBytes(ranks: ranks, onNode: ranksOnNode)
  }

  /// The most of the memory that is copies for checkpoints: values, the best ones and two moments of what a rank writes.
  ///
  /// That is its rows and its shares of the rest, of the best and of the others. A share of whole tensors is at most by
  /// one tensor larger than an even one.
  func checkpointBytes(ranks: Int, onNode ranksOnNode: Int) -> Int {
    guard memory.writesCheckpoints else { return 0 }
    let owners = tables.rows.isEmpty ? 1 : owners(ranks: ranks, onNode: ranksOnNode)
    let dense = min(4 * memory.changes, 4 * memory.changes / owners + 2 * memory.largestChange)
    return 4 * (dense + 4 * ownedFloats(ranks: ranks, onNode: ranksOnNode))
  }

  /// The bytes of such copies that so many ranks of a machine have together: each its own of sharded tables; otherwise
  /// all is written once, by the ranks of one node or by one rank, but experts by as many as train side by side.
  func checkpointBytes(ofMachineWith ranksOnMachine: Int, ofRanks ranks: Int) -> Int {
    let isSharded = !tables.rows.isEmpty && tables.placement == .sharded
    let writers = isSharded || phase == .experts ? min(ranksOnMachine, ranks) : 1
    return writers * checkpointBytes(ranks: isSharded ? ranks : 1, onNode: 1)
  }

  /// The bytes of tables that the ranks of a node have once: frozen and replicated ones.
  package var sharedBytes: Int {
    tables.rows.isEmpty || tables.placement == .replicated ? 4 * memory.tables : 0
  }

  /// Of the rows that a rank trains it keeps the best values, two moments and gradients, and of sharded
  /// tables the values.
  private func ownTableFloats(ranks: Int, onNode ranksOnNode: Int) -> Int {
    let copies = tables.placement == .replicated ? 4 : 5
    return copies * ownedFloats(ranks: ranks, onNode: ranksOnNode)
  }

  /// The floats of the table rows that a rank updates.
  private func ownedFloats(ranks: Int, onNode ranksOnNode: Int) -> Int {
    guard !tables.rows.isEmpty else { return 0 }
    let owners = owners(ranks: ranks, onNode: ranksOnNode)
    return (memory.tables + owners - 1) / owners
  }

  /// The ranks among which the rows of a trained table are divided.
  private func owners(ranks: Int, onNode ranksOnNode: Int) -> Int {
    tables.placement == .replicated ? ranksOnNode : ranks
  }
}
