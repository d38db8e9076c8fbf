/// The floats that a step sums over all shards, and which of their sums every rank needs.
package struct GradientVector: Hashable, Sendable {
  /// Where they lie in a buffer of gradients.
  package let range: Range<Int>
  /// How many of the first ones are gradients of parameters: a rank needs those of the parameters it updates.
  package let parameterCount: Int
  /// The floats whose sums every rank needs besides, counted from the first: those behind the gradients of
  /// parameters, and others that are given.
  package let common: [Range<Int>]

  /// - Parameters:
  ///   - range: where they lie in a buffer.
  ///   - parameterCount: how many of the first ones are gradients of parameters; all if none is given.
  ///   - common: which of these every rank needs the sums of, counted from the first.
  package init(range: Range<Int>, parameterCount: Int? = nil, common: [Range<Int>] = []) {
    let parameterCount = parameterCount ?? range.count
    precondition(parameterCount <= range.count, "\(parameterCount) of \(range.count) floats")
    self.range = range
    self.parameterCount = parameterCount
    self.common = (common + [parameterCount..<range.count]).filter { !$0.isEmpty }
  }

  /// The number of floats.
  package var count: Int { range.count }

  /// Where a part of them lies in a buffer.
  func place(of part: Range<Int>) -> Range<Int> {
    range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
  }
}
