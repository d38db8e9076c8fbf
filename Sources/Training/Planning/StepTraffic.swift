/// What a step of the engine sends, by the number of ranks.
///
/// The one place that knows the forms ``GradientExchange`` and ``StepEngine`` use; a change of theirs is
/// a change here.
package struct StepTraffic: Hashable, Sendable {
  /// A way to complete the tree over ranks.
  package enum Form: Hashable, Sendable { case doubling, scattered }

  /// How the dense gradients are summed.
  package let form: Form
  /// What summing the dense gradients sends.
  package let gradients: Traffic
  /// What gathering the gradients of table rows sends.
  package let rows: Traffic
  /// The additions of dense gradients that a rank makes for others, in vectors.
  package let additions: Double
  /// The most floats of gradients that a rank keeps for summing, before the exchange and in it.
  package let bufferFloats: Int
  /// The most shards that a rank computes.
  package let shards: Int

  private static let floatSize = MemoryLayout<Float>.size

  /// - Parameters:
  ///   - floats: the dense gradients that are summed.
  ///   - prefix: the floats before them that a buffer of gradients has besides.
  ///   - rowFloats: the gradients of table rows of the whole batch; none if tables are frozen.
  ///   - shards: the number of shards, `S`.
  ///   - ranks: the number of ranks, at most `S`.
  package init(floats: Int, prefix: Int, rowFloats: Int, shards: Int, ranks: Int) {
    precondition((1...shards).contains(ranks), "\(ranks) ranks for \(shards) shards")
    let tree = ShardTree(shardCount: shards)
    let runs = (0..<ranks).map { tree.run(ofRank: $0, of: ranks) }
    let nodes = runs.map { tree.cover($0).count }
    let mostNodes = nodes.max() ?? 1
    let isEven =
      ranks & (ranks - 1) == 0 && shards % ranks == 0 && mostNodes == 1
    let size = StepTraffic.floatSize
    form = isEven ? .doubling : .scattered
    gradients =
      isEven
      ? .doubling(size * floats, ranks: ranks) : .scattered(size * floats, nodes: nodes)
    rows = rowFloats == 0 ? Traffic() : .allGather(size * rowFloats, ranks: ranks)
    let all = nodes.reduce(0, +)
    additions =
      isEven ? Double(ranks.trailingZeroBitCount) : Double(all - 1) / Double(ranks)
    let pool = (tree.depth + mostNodes) * (prefix + floats)
    let incoming = ranks == 1 ? 0 : isEven ? floats : all * ((floats + ranks - 1) / ranks)
    let outgoing = isEven ? 0 : mostNodes * floats
    bufferFloats = pool + incoming + outgoing
    self.shards = runs.map(\.count).max() ?? shards
  }

  /// What a step sends in all.
  package var total: Traffic { gradients + rows }
}
