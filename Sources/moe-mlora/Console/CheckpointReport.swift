internal import Foundation
internal import Training

/// What is told in the end of what checkpoints have kept this rank from.
struct CheckpointReport {
  private var costs: [CheckpointCost] = []

  /// Notes what one has cost.
  mutating func note(_ cost: CheckpointCost) { costs.append(cost) }

  /// A line, if there were any.
  var text: String {
    guard let largest = costs.map(\.bytesCopied).max(), let last = costs.map(\.secondsForLast).max()
    else { return "" }
    let seconds = costs.map(\.seconds).sorted()
    return """
      \(counted(costs.count, "checkpoint")) on the first rank: a step waited \(text(seconds[seconds.count - 1])) s at most and \
      \(text(seconds[seconds.count / 2])) s in the median, to copy \(largest) bytes at most; of that \(text(last)) s at \
      most for the last one to be written or new memory

      """
  }

  private func text(_ seconds: Double) -> String { String(format: "%.4f", seconds) }
}
