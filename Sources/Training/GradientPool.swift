package import Kernels

/// Gradient buffers enough to evaluate any part of the tree, depth first, one shard at a time.
///
/// A sum of `k` shards needs `log2 k + 1` buffers, not `k`.
package final class GradientPool {
  /// A buffer with an identity, so that two can be exchanged.
  private final class Box {
    var values: Buffer
    init(count: Int) { values = Buffer(count: count) }

    func withSpan<Result, Failure: Error>(
      _ range: Range<Int>, _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      func call(_ values: borrowing Buffer) throws(Failure) -> Result {
        try body(values.span(range))
      }
      return try call(values)
    }

    func withMutableSpan<Result, Failure: Error>(
      _ range: Range<Int>, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      func call(_ values: inout Buffer) throws(Failure) -> Result {
        var span = values.mutableSpan(range)
        return try body(&span)
      }
      return try call(&values)
    }
  }

  private var boxes: [Box]
  /// The floats that are summed.
  package let range: Range<Int>

  /// - Parameters:
  ///   - range: the floats that are summed; buffers hold what lies before it, too.
  ///   - depth: the number of buffers.
  package init(range: Range<Int>, depth: Int) {
    self.range = range
    boxes = (0..<depth).map { _ in Box(count: range.upperBound) }
  }

  /// The summed floats of one buffer, to read.
  package func withSums<Result, Failure: Error>(
    at index: Int, _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try boxes[index].withSpan(range, body)
  }

  /// The summed floats of one buffer, to change.
  package func withMutableSums<Result, Failure: Error>(
    at index: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try boxes[index].withMutableSpan(range, body)
  }

  /// Evaluates a node of the tree into the buffer at `index`, using those behind it.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  /// - Returns: whether any shard of the node has rows; if not, the buffer means nothing.
  package func evaluate(
    _ node: ShardTree.Node, into index: Int, leaf: (Int, inout Buffer) -> Bool
  ) -> Bool {
    guard !node.isLeaf else { return leaf(node.lower, &boxes[index].values) }
    let left = evaluate(node.left, into: index, leaf: leaf)
    let right = evaluate(node.right, into: index + 1, leaf: leaf)
    if left && right {
      withMutableSums(at: index) { sums in
        withSums(at: index + 1) { other in add(other, into: &sums) }
      }
    } else if right {
      boxes.swapAt(index, index + 1)
    }
    return left || right
  }
}
