extension PhaseShape {
  /// What is expected on a number of ranks.
  ///
  /// A step takes what every rank does, the rows of the rank with most shards, and its messages one
  /// after another, since the engine overlaps nothing. Experts take their turns as ``ExpertQueue`` hands
  /// them out, each with one epoch.
  ///
  /// - Parameters:
  ///   - ranks: the number of ranks, at most one for each shard.
  ///   - cost: what computing takes.
  ///   - network: what messages take.
  ///   - ranksPerNode: how many ranks share a node: with one node, all of them.
  /// - Returns: times, memory and bytes.
  package func prediction(
    ranks: Int, cost: PhaseCost, network: NetworkModel, ranksPerNode: Int = 1
  ) -> PhasePrediction {
    let group = schedule(ranks: ranks).groups.map(\.count).max() ?? ranks
    let place = Place(cost: cost, network: network, ranksPerNode: ranksPerNode)
    let epoch = epochSeconds(ranks: ranks, place)
    let alone = ranks == 1 ? epoch : epochSeconds(ranks: 1, place)
    let traffic = traffic(ranks: group, onNode: place.ranksOnNode(of: group))
    return PhasePrediction(
      phase: phase, ranks: ranks, ranksPerStep: group,
      stepSeconds: stepSeconds(ranks: group, rows: stepRows, place),
      messageSeconds: network.time(of: traffic.total), epochSeconds: epoch,
      efficiency: epoch > 0 ? alone / (Double(ranks) * epoch) : 1,
      memoryInBytes: memoryInBytes(ranks: group, onNode: place.ranksOnNode(of: group))
        + sharedBytes,
      bytesPerStep: traffic.total.totalBytes, bytesPerEpoch: bytesPerEpoch(ranks: ranks, place))
  }

  /// What a phase runs on.
  private struct Place {
    var cost: PhaseCost
    var network: NetworkModel
    var ranksPerNode: Int

    /// How many ranks of a group share the node that has fewest of them: it is the slowest, and needs most
    /// memory for each.
    func ranksOnNode(of ranks: Int) -> Int {
      guard ranks > ranksPerNode else { return ranks }
      let rest = ranks % ranksPerNode
      return rest == 0 ? ranksPerNode : rest
    }
  }

  /// The rows of a typical step: a full batch, or all rows of the largest part if those are fewer.
  private var stepRows: Double { min(Double(globalBatch), Double(parts.map(\.rows).max() ?? 0)) }

  /// How ranks share the parts; a single part has all ranks.
  private func schedule(ranks: Int) -> ExpertSchedule {
    ExpertSchedule(rows: parts.map(\.rows), ranks: ranks)
  }

  /// The seconds of a step of so many rows.
  private func stepSeconds(
    ranks: Int, rows: Double, _ place: Place
  ) -> Double {
    let (cost, ranksOnNode) = (place.cost, place.ranksOnNode(of: ranks))
    let traffic = traffic(ranks: ranks, onNode: ranksOnNode)
    let holders = tables.placement == .sharded ? ranks : ranksOnNode
    return cost.secondsPerStep + cost.secondsPerTables / Double(holders)
      + traffic.additions * cost.secondsPerAddition
      + rows * Double(traffic.shards) / Double(shards) * cost.secondsPerRow
      + place.network.time(of: traffic.total)
  }

  /// The seconds in which a group trains a part for an epoch, and evaluates it.
  private func epochSeconds(
    of part: Part, ranks: Int, _ place: Place
  ) -> Double {
    let cost = place.cost
    let rows = Double(part.rows) / Double(max(1, part.steps))
    let validationRows = Double(part.validationRows)
    let evaluation =
      validationRows * (cost.secondsPerScoredRow / Double(ranks) + cost.secondsPerFigureRow)
      + place.network.time(of: evaluationTraffic(part, ranks: ranks))
    return Double(part.steps) * stepSeconds(ranks: ranks, rows: rows, place)
      + Double(evaluationsPerEpoch) * evaluation
  }

  /// The seconds until the last group has finished its last part, and all ranks have every part.
  private func epochSeconds(
    ranks: Int, _ place: Place
  ) -> Double {
    let schedule = schedule(ranks: ranks)
    var queue = ExpertQueue(schedule)
    var ends = schedule.groups.indices.map { group in
      schedule.first(ofGroup: group).map {
        epochSeconds(of: parts[$0], ranks: schedule.groups[group].count, place)
      } ?? 0
    }
    while let group = ends.indices.min(by: { ends[$0] < ends[$1] }),
      let part = queue.take(for: group)
    {
      ends[group] += epochSeconds(
        of: parts[part], ranks: schedule.groups[group].count, place)
    }
    return (ends.max() ?? 0) + place.network.time(of: publishing(ranks: ranks))
  }

  private func publishing(ranks: Int) -> Traffic {
    parts.filter { $0.publishedFloats > 0 }.reduce(Traffic()) {
      $0 + .broadcast(4 * $1.publishedFloats, ranks: ranks)
    }
  }

  /// In floating point on the way: many ranks and rows send more bytes than a whole number can count.
  private func bytesPerEpoch(ranks: Int, _ place: Place) -> Int {
    let schedule = schedule(ranks: ranks)
    // With fewer groups than parts every group is a single rank, which sends nothing.
    let sent = zip(schedule.order, schedule.groups).reduce(0.0) { sum, pair in
      let (part, size) = (parts[pair.0], pair.1.count)
      let traffic = traffic(ranks: size, onNode: place.ranksOnNode(of: size))
      return sum + Double(part.steps) * Double(traffic.total.totalBytes)
        + Double(evaluationsPerEpoch) * Double(evaluationTraffic(part, ranks: size).totalBytes)
    }
    let bytes = sent + Double(publishing(ranks: ranks).totalBytes)
    return Int(exactly: bytes.rounded()) ?? .max
  }
}
