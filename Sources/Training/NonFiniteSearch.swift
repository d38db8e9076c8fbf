import Features
import Kernels
import Layers
import Models
import MPI

/// Looks for the first number of a shard that is infinite or not a number: among the parameters, then the
/// logits, then the gradients of tensors in the order of the layout, then those of embeddings.
///
/// For a step that has failed: nothing here is fast.
struct NonFiniteSearch {
  /// What a number is part of, as one integer, which ranks can send each other, and its row's domain.
  struct Finding: Hashable {
    var code: Int
    /// The domain of the row, -1 if several rows may have it.
    var domain: Int
  }

  let model: Model
  let task: TrainingTask

  /// Searches the last pass over a shard.
  ///
  /// - Parameters:
  ///   - batch: the shard's rows.
  ///   - parameters: what the pass used.
  ///   - gradients: what it left of dense parameters.
  ///   - workspace: its activations.
  /// - Returns: the first finding, `nil` if all numbers are finite.
  func find(
    in batch: Batch, parameters: borrowing Buffer, gradients: borrowing Buffer,
    _ workspace: borrowing ModelWorkspace
  ) -> Finding? {
    let entries = model.layout.entries
    for (index, entry) in entries.enumerated() where !allFinite(parameters.span(entry.slot)) {
      return Finding(code: index, domain: -1)
    }
    let logits = model.logits(workspace)
    for row in 0..<logits.count where !logits[row].isFinite {
      return Finding(code: 2 * entries.count, domain: Int(batch.domains[row]))
    }
    let domain = domain(in: batch, workspace)
    if let index = tensor(in: gradients) {
      return Finding(code: entries.count + index, domain: domain)
    }
    return field(batch, workspace).map {
      Finding(code: 2 * entries.count + 1 + $0, domain: domain)
    }
  }

  /// Searches sums over all shards, `sums` being those of the parameters of the task.
  func find(inSums sums: borrowing Buffer) -> Finding? {
    tensor(in: sums).map { Finding(code: model.layout.entries.count + $0, domain: -1) }
  }

  /// A sum of the gradients of a field's table rows.
  func finding(inSumsOfField field: Int) -> Finding {
    Finding(code: 2 * model.layout.entries.count + 1 + field, domain: -1)
  }

  /// A sum of the gradients of a field's table rows, in words.
  func number(inSumsOfField field: Int) -> NonFiniteNumber {
    number(finding(inSumsOfField: field), rank: nil)
  }

  /// The finding of the first rank of a group that has one: ranks own shards in order.
  ///
  /// - Parameters:
  ///   - own: what this rank has found.
  ///   - rank: this rank among those of the whole job.
  ///   - common: what all ranks have found in sums over shards, if no rank has found anything.
  ///   - group: the ranks.
  /// - Returns: the finding in words, the same on all ranks.
  /// - Throws: what MPI throws.
  func first(
    of own: Finding?, rank: Int, orElse common: Finding?, _ group: Communicator
  ) throws(MPIError) -> NonFiniteNumber {
    let words = [rank, own?.code ?? -1, own?.domain ?? -1]
    var all = [Int](repeating: 0, count: words.count * group.size)
    var span = all.mutableSpan
    try group.allGather(words.span, into: &span)
    for start in stride(from: 0, to: all.count, by: words.count) where all[start + 1] >= 0 {
      let finding = Finding(code: all[start + 1], domain: all[start + 2])
      return number(finding, rank: all[start])
    }
    let logit = Finding(code: 2 * model.layout.entries.count, domain: -1)
    return number(common ?? logit, rank: nil)
  }

  /// A finding in words.
  private func number(_ finding: Finding, rank: Int?) -> NonFiniteNumber {
    let entries = model.layout.entries
    let place =
      switch finding.code {
      case ..<entries.count: entries[finding.code].name
      case ..<(2 * entries.count): "the gradient of \(entries[finding.code - entries.count].name)"
      case 2 * entries.count: "the logit"
      default:
        "the gradient of embedding."
          + model.schema.fields[finding.code - 2 * entries.count - 1].name
      }
    let names = model.schema.domainNames
    // All ranks have the same parameters, or the same table rows where they have them.
    let isParameter = finding.code < entries.count
    return NonFiniteNumber(
      rank: isParameter ? nil : rank, isSum: rank == nil,
      domain: names.indices.contains(finding.domain) ? names[finding.domain] : nil, place: place)
  }

  /// The first tensor of the task with such a gradient.
  private func tensor(in gradients: borrowing Buffer) -> Int? {
    for (index, entry) in model.layout.entries.enumerated() {
      let range = entry.slot.range
      guard task.range.lowerBound <= range.lowerBound, range.upperBound <= task.range.upperBound
      else { continue }
      if !allFinite(gradients.span(range)) { return index }
    }
    return nil
  }

  /// The first field whose embedding has such a gradient.
  private func field(_ batch: Batch, _ workspace: borrowing ModelWorkspace) -> Int? {
    guard task.trainable.contains(.backbone) else { return nil }
    let width = model.configuration.embeddingWidth
    let gradients = model.inputGradient(workspace)
    for field in model.schema.fields.indices {
      for row in 0..<batch.count {
        let gradient = gradients[row: row].extracting(field * width..<(field + 1) * width)
        if !allFinite(gradient) { return field }
      }
    }
    return nil
  }

  /// The domain of the first row with such a gradient, or of all rows; -1 if neither.
  private func domain(in batch: Batch, _ workspace: borrowing ModelWorkspace) -> Int {
    let logits = model.logitGradient(workspace)
    let inputs = model.inputGradient(workspace)
    let trainsBackbone = task.trainable.contains(.backbone)
    for row in 0..<batch.count
    where !logits[row].isFinite || trainsBackbone && !allFinite(inputs[row: row]) {
      return Int(batch.domains[row])
    }
    let domains = Set(batch.domains[0..<batch.count])
    return domains.count == 1 ? Int(domains.first ?? -1) : -1
  }
}
