/// What ranks ask one another for between two steps.
///
/// Requests travel with the gradients of a step, as numbers that are added: all ranks of the group know them
/// after the same step, and no message is sent for them.
package struct StepRequests: Hashable, Sendable {
  /// A checkpoint.
  package var checkpoint = false
  /// A checkpoint, and the end.
  package var stop = false

  /// Nothing.
  package init() {}

  /// The floats they take.
  static let count = 2

  /// Writes the requests: 1 for each.
  func write(to floats: inout MutableSpan<Float>) {
    floats[0] = checkpoint ? 1 : 0
    floats[1] = stop ? 1 : 0
  }

  /// Reads what ranks have asked for together.
  init(_ sums: Span<Float>) {
    checkpoint = sums[0] > 0
    stop = sums[1] > 0
  }
}
