import Kernels
import Optimizers

/// The gradient of every table element, and which table rows the batch uses.
struct GradientRows: ~Copyable {
  private let rows: TableRows
  /// Zero but between summing and updating.
  private(set) var gradients: Buffer
  private var used: [Int32] = []

  /// Allocates the gradients of all tables, for batches that use up to `capacity` rows of them.
  init(_ rows: TableRows, capacity: Int) {
    self.rows = rows
    gradients = Buffer(count: rows.floats.count)
    used.reserveCapacity(min(rows.count, capacity))
  }

  /// Writes a row's gradient, that of its embedding and then that of its weight.
  mutating func store(_ sum: Span<Float>, ofRow row: Int) {
    let (place, width) = (rows.parameters(ofRow: row), rows.width)
    let embedding = local(place.embedding)
    var target = gradients.mutableSpan(embedding)
    copy(sum.extracting(0..<width), into: &target)
    used.append(Int32(row))
    guard let weight = place.weight else { return }
    let range = local(weight)
    var last = gradients.mutableSpan(range)
    last[0] = sum[width]
  }

  /// Updates the tables, and clears the gradients.
  ///
  /// - Parameters:
  ///   - parameters: the model's parameters.
  ///   - adam: the optimiser, whose step has begun.
  ///   - updates: whether rows outside the batch are updated too.
  ///   - l2: the factor of the squared table elements in the loss.
  mutating func update(
    _ parameters: inout Buffer, with adam: inout Adam, updates: TableUpdates, l2: Float
  ) {
    if updates == .dense {
      adam.update(rows.floats, of: &parameters, gradients: gradients.span, l2: l2)
    }
    for index in used.indices {
      let place = rows.parameters(ofRow: Int(used[index]))
      finish(place.embedding, &parameters, &adam, updates, l2)
      if let weight = place.weight { finish(weight, &parameters, &adam, updates, l2) }
    }
    used.removeAll(keepingCapacity: true)
  }

  /// Updates a part of a table unless all have been, and clears its gradient.
  private mutating func finish(
    _ range: Range<Int>, _ parameters: inout Buffer, _ adam: inout Adam, _ updates: TableUpdates,
    _ l2: Float
  ) {
    if updates == .rowWise {
      adam.update(range, of: &parameters, gradients: gradients.span(local(range)), l2: l2)
    }
    gradients.zero(local(range))
  }

  /// Where the gradients of a range of parameters are.
  private func local(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound - rows.floats.lowerBound..<range.upperBound - rows.floats.lowerBound
  }
}
