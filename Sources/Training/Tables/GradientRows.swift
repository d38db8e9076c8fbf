import Kernels
import Optimizers

/// The gradient of every element of some table rows, and which of them the batch uses.
struct GradientRows<Rows: RowPlacement>: ~Copyable {
  private let rows: Rows
  /// Zero but between summing and updating.
  private(set) var gradients: Buffer
  private var used: [Int32] = []

  /// The first row of the batch, in the order of their numbers, whose gradient is not finite.
  private(set) var rowNotFinite: Int?
  private var adam: Adam
  private let updates: TableUpdates
  private let l2: Float

  /// Allocates the gradients of the rows, for batches that use up to `capacity` of them, and their
  /// moments.
  init(_ rows: Rows, capacity: Int, _ optimizer: TableOptimizer) {
    self.rows = rows
    gradients = Buffer(count: rows.floats.count)
    used.reserveCapacity(min(rows.count, capacity))
    adam = Adam(optimizer.adam, for: rows.floats)
    updates = optimizer.updates
    l2 = optimizer.l2
  }

  /// Writes a row's gradient, that of its embedding and then that of its weight.
  mutating func store(_ sum: Span<Float>, ofRow row: Int) {
    let (place, width) = (rows.floats(ofRow: row), rows.width)
    let embedding = local(place.embedding)
    var target = gradients.mutableSpan(embedding)
    copy(sum.extracting(0..<width), into: &target)
    used.append(Int32(row))
    if !allFinite(sum.extracting(0...width)) { rowNotFinite = min(row, rowNotFinite ?? row) }
    guard let weight = place.weight else { return }
    let range = local(weight)
    var last = gradients.mutableSpan(range)
    last[0] = sum[width]
  }

  /// Updates the rows, and clears the gradients.
  ///
  /// - Parameter parameters: The buffer in which the rows lie.
  mutating func update(_ parameters: inout Buffer) {
    adam.beginStep()
    if updates == .dense {
      GradientRows.update(rows.floats, of: &parameters, &adam, gradients, 0..<rows.floats.count, l2)
    }
    for index in used.indices {
      let place = rows.floats(ofRow: Int(used[index]))
      finish(place.embedding, &parameters)
      if let weight = place.weight { finish(weight, &parameters) }
    }
    used.removeAll(keepingCapacity: true)
  }

  /// Updates a part of a row unless all have been, and clears its gradient.
  private mutating func finish(_ range: Range<Int>, _ parameters: inout Buffer) {
    if updates == .rowWise {
      GradientRows.update(range, of: &parameters, &adam, gradients, local(range), l2)
    }
    gradients.zero(local(range))
  }

  /// Static, because a view of a property of a value excludes all other uses of the value.
  private static func update(
    _ range: Range<Int>, of parameters: inout Buffer, _ adam: inout Adam,
    _ gradients: borrowing Buffer, _ part: Range<Int>, _ l2: Float
  ) {
    adam.update(range, of: &parameters, gradients: gradients.span(part), l2: l2)
  }

  /// Where the gradients of a range of parameters are.
  private func local(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound - rows.floats.lowerBound..<range.upperBound - rows.floats.lowerBound
  }
}
