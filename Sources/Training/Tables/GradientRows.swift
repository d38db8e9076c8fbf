package import Kernels
import Optimizers

/// The gradient of every element of the table rows that a rank owns, packed, and which of them the batch
/// uses.
package struct GradientRows: ~Copyable {
  /// Where the values of the rows lie that an update changes.
  package enum Values { case amongParameters, packed }

  let owned: OwnedRows
  private let values: Values
  /// Zero but between summing and updating.
  package private(set) var gradients: Buffer
  /// The places of the rows that the batch uses.
  private var used: [Int32] = []
  /// The floats that are updated together if all rows are.
  private let runs: [OwnedRows.Run]
  /// How many runs before it is updated one is asked for.
  private let runsAhead: Int

  /// The first row of the batch, in the order of their numbers, whose gradient is not finite.
  package private(set) var rowNotFinite: Int?
  private var adam: Adam
  private let updates: TableUpdates
  private let l2: Float

  /// Allocates the gradients of the rows, for batches that use up to `capacity` of them, and their
  /// moments.
  package init(_ owned: OwnedRows, _ values: Values, capacity: Int, _ optimizer: TableOptimizer) {
    self.owned = owned
    self.values = values
    gradients = Buffer(count: owned.floatCount)
    used.reserveCapacity(min(owned.count, capacity))
    adam = Adam(optimizer.adam, for: 0..<owned.floatCount)
    updates = optimizer.updates
    l2 = optimizer.l2
    runs =
      switch (updates, values) {
      case (.rowWise, _): []
      case (.dense, .packed): [OwnedRows.Run(start: 0, packed: 0..<owned.floatCount)]
      case (.dense, .amongParameters): owned.runs
      }
    runsAhead = max(1, runs.count * GradientRows.floatsAhead / max(1, owned.floatCount))
  }

  /// The floats that are asked for before they are updated, 8 KB: updating as many takes longer than it takes
  /// a line to come from another processor, and they are a small part of its nearest cache.
  private static let floatsAhead = 2048

  /// Writes the gradient of the row at a place, that of its embedding and then that of its weight.
  mutating func store(_ sum: Span<Float>, at place: Int) {
    let (floats, width) = (owned.floats(at: place), owned.rows.width)
    var target = gradients.mutableSpan(floats.embedding)
    copy(sum.extracting(0..<width), into: &target)
    used.append(Int32(place))
    if !allFinite(sum.extracting(0...width)) {
      let row = owned.row(at: place)
      rowNotFinite = min(row, rowNotFinite ?? row)
    }
    guard let weight = floats.weight else { return }
    var last = gradients.mutableSpan(weight..<weight + 1)
    last[0] = sum[width]
  }

  /// Writes the sums of chains, whose table rows are places.
  mutating func store(
    _ chains: RowChains, node: Range<Int>, shards: [Int32], rows: Matrix,
    column: Int, _ scratch: inout [Float]
  ) {
    let floats = owned.floats(at: 0)
    let row = GradientRows.store(
      chains, node, shards, rows, column, owned.rows.width, &scratch, into: &gradients,
      at: (floats.embedding.lowerBound, floats.weight))
    for index in 0..<chains.count { used.append(Int32(chains.tableRow(at: index))) }
    guard let row else { return }
    let first = owned.row(at: row)
    rowNotFinite = min(first, rowNotFinite ?? first)
  }

  private static func store(
    _ chains: RowChains, _ node: Range<Int>, _ shards: [Int32], _ rows: Matrix, _ column: Int,
    _ width: Int, _ scratch: inout [Float], into gradients: inout Buffer,
    at place: (embedding: Int, weight: Int?)
  ) -> Int? {
    var sums = scratch.mutableSpan
    var target = gradients.mutableSpan
    return chains.sumAll(
      node: node, shards: shards.span, rows: rows, column: column, width: width, scratch: &sums,
      into: &target, at: place)
  }

  /// Writes the gradient of a row, if this rank owns it.
  mutating func storeIfOwned(_ sum: Span<Float>, ofRow row: Int) {
    guard owned.owns(row) else { return }
    store(sum, at: owned.owners.place(ofRow: row))
  }

  /// Lends Adam's two moments of all rows, packed.
  func withMoments(_ body: (_ first: borrowing Buffer, _ second: borrowing Buffer) -> Void) {
    body(adam.firstMoments, adam.secondMoments)
  }

  /// Goes on from a step whose moments, packed, `body` writes.
  mutating func restoreMoments(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void
  ) {
    adam.restore(step: step, body)
  }

  /// Updates the rows, and clears the gradients.
  ///
  /// - Parameter parameters: The buffer in which the rows lie.
  mutating func update(_ parameters: inout Buffer) {
    adam.beginStep()
    for index in runs.indices {
      let run = runs[index]
      // Other ranks have read what this one writes soon.
      if owned.owners.size > 1, index + runsAhead < runs.count {
        parameters.prepareToWrite(runs[index + runsAhead].parameters)
      }
      GradientRows.update(run.parameters, of: &parameters, &adam, gradients, run.packed, l2)
    }
    for index in used.indices {
      let place = Int(used[index])
      let floats = owned.floats(at: place)
      if updates == .rowWise { update(place, floats, &parameters) }
      gradients.zero(floats.embedding)
      if let weight = floats.weight { gradients.zero(weight..<weight + 1) }
    }
    used.removeAll(keepingCapacity: true)
  }

  /// Updates one row.
  private mutating func update(
    _ place: Int, _ floats: TableRows.Floats, _ parameters: inout Buffer
  ) {
    let target = values == .packed ? floats : owned.rows.floats(ofRow: owned.row(at: place))
    GradientRows.update(
      target.embedding, of: &parameters, &adam, gradients, floats.embedding, l2)
    guard let weight = floats.weight, let value = target.weight else { return }
    GradientRows.update(
      value..<value + 1, of: &parameters, &adam, gradients, weight..<weight + 1, l2)
  }

  /// Static, because a view of a property of a value excludes all other uses of the value.
  private static func update(
    _ range: Range<Int>, of parameters: inout Buffer, _ adam: inout Adam,
    _ gradients: borrowing Buffer, _ packed: Range<Int>, _ l2: Float
  ) {
    adam.update(
      range, of: &parameters, moments: packed, gradients: gradients.span(packed), l2: l2)
  }
}
