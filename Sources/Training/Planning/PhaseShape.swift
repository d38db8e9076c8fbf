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
    /// All parameters.
    package var parameters: Int
    /// Those that change, of which the best and Adam's two moments are kept.
    package var changes: Int
    /// The floats in front of the gradients in a buffer of them.
    package var prefix: Int
    /// The gradients of tables.
    package var tables: Int
    /// The activations of a pass, of which training and evaluation have their own.
    package var activations: Int
    /// The fields of a row.
    package var fields: Int

    /// States the sizes.
    package init(
      parameters: Int, changes: Int, prefix: Int, tables: Int, activations: Int, fields: Int
    ) {
      self.parameters = parameters
      self.changes = changes
      self.prefix = prefix
      self.tables = tables
      self.activations = activations
      self.fields = fields
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

  /// What a step of so many ranks sends.
  package func traffic(ranks: Int) -> StepTraffic {
    StepTraffic(
      floats: gradientFloats, prefix: memory.prefix, tables: tables, batch: globalBatch,
      shards: shards, ranks: ranks)
  }

  /// What an evaluation sends: logits to rank 0, figures back, and the sums of the loss.
  func evaluationTraffic(_ part: Part, ranks: Int) -> Traffic {
    let words = EvaluationTable.wordCount(domains: part.domains)
    let losses = shards * part.steps / max(1, evaluationsPerEpoch)
    return .gather(4 * part.validationRows, ranks: ranks)
      + .broadcast(8, ranks: ranks) + .broadcast(8 * words, ranks: ranks)
      + .allReduce(8 * losses, ranks: ranks)
  }

  /// The bytes that a rank allocates for the phase, by the ranks that take a step together.
  package func memoryInBytes(ranks: Int) -> Int {
    let rows = parts.map(\.rows).max() ?? 0
    let validationRows = parts.map(\.validationRows).max() ?? 0
    let floats =
      memory.parameters + 3 * memory.changes + memory.tables + 2 * memory.activations
      + traffic(ranks: ranks).bufferFloats
    // A row has its ids, its label and its sample in a batch; of an epoch its place in the order.
    return 4 * (floats + globalBatch * (memory.fields + 2) + rows + validationRows)
  }
}
