/// What a step of the engine sends, by the number of ranks.
///
/// The one place that knows the forms ``GradientExchange`` and ``TrainedTables`` use; a change of theirs is
/// a change here.
package struct StepTraffic: Hashable, Sendable {
  /// A way to complete the tree over ranks.
  package enum Form: Hashable, Sendable { case doubling, halving, scattered, shared }

  /// The tables whose gradients a step sums.
  package struct Tables: Hashable, Sendable {
    /// By field, the rows of its table; none if tables are frozen.
    package var rows: [Int]
    /// The floats of an embedding, `K`.
    package var width: Int
    /// Which ranks hold the rows.
    package var placement: TablePlacement

    /// States the sizes.
    package init(rows: [Int] = [], width: Int = 0, placement: TablePlacement = .replicated) {
      self.rows = rows
      self.width = width
      self.placement = placement
    }
  }

  /// How the dense gradients are summed.
  package let form: Form
  /// What summing the dense gradients, and those of small tables, sends.
  package let gradients: Traffic
  /// What looking rows up, and summing the gradients of rows of other tables, sends at most.
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
  ///   - tables: the tables that are trained.
  ///   - batch: the rows of a step.
  ///   - shards: the number of shards, `S`.
  ///   - ranks: the number of ranks, at most `S`.
  ///   - ranksOnNode: how many of them share a node, and its memory.
  package init(
    floats: Int, prefix: Int, tables: Tables, batch: Int, shards: Int, ranks: Int, ranksOnNode: Int
  ) {
    precondition((1...shards).contains(ranks), "\(ranks) ranks for \(shards) shards")
    let tree = ShardTree(shardCount: shards)
    let runs = (0..<ranks).map { tree.run(ofRank: $0, of: ranks) }
    let nodes = runs.map { tree.cover($0).count }
    let own = (0..<ranks).map { tree.largestRun(ofRank: $0, of: ranks, batch: batch) }.max() ?? 0
    let lists = RowLists(
      tables, ownRows: own, batch: batch, ranks: ranks, ranksOnNode: ranksOnNode)
    let floats = floats + lists.smallFloats
    let size = StepTraffic.floatSize
    let isEven = RecursiveTree.fits(tree, ranks: ranks)
    form =
      if lists.sharesGradients {
        .shared
      } else if !isEven {
        .scattered
      } else {
        floats < GradientExchange.shortestHalved ? .doubling : .halving
      }
    let all = nodes.reduce(0, +)
    let ownNodes = nodes.max() ?? 1
    let tower = (tree.depth + (isEven ? 0 : ownNodes)) * (prefix + floats)
    switch form {
    case .shared:
      // All ranks wait for the nodes, for the sums, with whether they are finite, and for the updates.
      gradients =
        2 * .allReduce(0, ranks: ranks) + .allReduce(MemoryLayout<Int>.size, ranks: ranks)
      // Each sums a part of the dense gradients, and those of small tables.
      additions =
        Double(all - 1) * (1 / Double(ranks) + Double(lists.smallFloats) / Double(max(1, floats)))
      bufferFloats =
        (tree.depth + ownNodes) * (prefix + floats) + (floats + ranks - 1) / ranks
        + tree.depth * min(floats, SharedTree.chunk) + lists.bufferFloats
    case .doubling:
      gradients = .doubling(size * floats, ranks: ranks)
      additions = Double(ranks.trailingZeroBitCount)
      bufferFloats = tower + (ranks == 1 ? 0 : floats) + lists.bufferFloats
    case .halving:
      gradients = .halving(size * floats, ranks: ranks)
      additions = Double(ranks - 1) / Double(ranks)
      bufferFloats = tower + (ranks == 1 ? 0 : (floats + 1) / 2) + lists.bufferFloats
    case .scattered:
      gradients = .scattered(size * floats, nodes: nodes)
      additions = Double(all - 1) / Double(ranks)
      let outgoing = ownNodes * floats
      bufferFloats = tower + outgoing + all * ((floats + ranks - 1) / ranks) + lists.bufferFloats
    }
    rows = lists.traffic
    self.shards = runs.map(\.count).max() ?? shards
  }

  /// What a step sends in all.
  package var total: Traffic { gradients + rows }
}
