package import Kernels

/// Gradient buffers enough to evaluate any part of the tree, depth first, one shard at a time.
///
/// A sum of `k` shards needs `log2 k + 1` buffers, not `k`.
package final class GradientPool {
  private var buffers: [SharedBuffer]
  /// Those that other ranks read: each stays where it is.
  private let shared: Range<Int>
  /// The floats that are summed.
  package let range: Range<Int>

  /// - Parameters:
  ///   - range: the floats that are summed; buffers hold what lies before it, too.
  ///   - depth: the number of buffers.
  package init(range: Range<Int>, depth: Int) {
    self.range = range
    shared = 0..<0
    buffers = (0..<depth).map { _ in SharedBuffer(count: range.upperBound) }
  }

  /// - Parameters:
  ///   - range: the floats that are summed.
  ///   - shared: the buffers that other ranks read.
  ///   - first: the index of the first of them.
  ///   - others: the number of buffers before and behind them.
  init(range: Range<Int>, shared: [SharedBuffer], at first: Int, others: Int) {
    self.range = range
    self.shared = first..<first + shared.count
    buffers = (0..<others).map { _ in SharedBuffer(count: range.upperBound) }
    buffers.insert(contentsOf: shared, at: first)
  }

  /// The summed floats of one buffer, to read.
  package func withSums<Result, Failure: Error>(
    at index: Int, _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffers[index].withSpan(range, body)
  }

  /// The summed floats of one buffer, or a part of them, to change.
  package func withMutableSums<Result, Failure: Error>(
    at index: Int, _ part: Range<Int>? = nil,
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = range.lowerBound
    let floats = part.map { start + $0.lowerBound..<start + $0.upperBound } ?? range
    return try buffers[index].withMutableSpan(floats, body)
  }

  /// Evaluates a node of the tree into the buffer at `index`, using those behind it.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  /// - Returns: whether any shard of the node has rows; if not, the buffer means nothing.
  package func evaluate(
    _ node: ShardTree.Node, into index: Int, leaf: (Int, inout Buffer) -> Bool
  ) -> Bool {
    guard !node.isLeaf else { return leaf(node.lower, &buffers[index].values) }
    let left = evaluate(node.left, into: index, leaf: leaf)
    let right = evaluate(node.right, into: index + 1, leaf: leaf)
    if left && right {
      withMutableSums(at: index) { sums in
        withSums(at: index + 1) { other in add(other, into: &sums) }
      }
    } else if right, shared.contains(index) || shared.contains(index + 1) {
      withMutableSums(at: index) { sums in
        withSums(at: index + 1) { other in copy(other, into: &sums) }
      }
    } else if right {
      buffers.swapAt(index, index + 1)
    }
    return left || right
  }

  /// Adds the gradient of a shard to the first buffer, or lays it there if it is the first; returns
  /// whether the shard has rows.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  package func accumulate(
    _ shard: Int, afterOthers: Bool, leaf: (Int, inout Buffer) -> Bool
  ) -> Bool {
    guard afterOthers else { return leaf(shard, &buffers[0].values) }
    guard leaf(shard, &buffers[1].values) else { return false }
    withMutableSums(at: 0) { sums in
      withSums(at: 1) { other in add(other, into: &sums) }
    }
    return true
  }
}
