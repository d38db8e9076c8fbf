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
  /// - Returns: times, memory and bytes.
  package func prediction(
    ranks: Int, cost: PhaseCost, network: NetworkModel
  ) -> PhasePrediction {
    let group = schedule(ranks: ranks).groups.map(\.count).max() ?? ranks
    let epoch = epochSeconds(ranks: ranks, cost, network)
    let alone = ranks == 1 ? epoch : epochSeconds(ranks: 1, cost, network)
    let traffic = traffic(ranks: group)
    return PhasePrediction(
      phase: phase, ranks: ranks, ranksPerStep: group,
      stepSeconds: stepSeconds(ranks: group, rows: stepRows, cost, network),
      messageSeconds: network.time(of: traffic.total), epochSeconds: epoch,
      efficiency: epoch > 0 ? alone / (Double(ranks) * epoch) : 1,
      memoryInBytes: memoryInBytes(ranks: group) + sharedBytes,
      bytesPerStep: traffic.total.totalBytes, bytesPerEpoch: bytesPerEpoch(ranks: ranks))
  }

  /// The rows of a typical step: a full batch, or all rows of the largest part if those are fewer.
  private var stepRows: Double { min(Double(globalBatch), Double(parts.map(\.rows).max() ?? 0)) }

  /// How ranks share the parts; a single part has all ranks.
  private func schedule(ranks: Int) -> ExpertSchedule {
    ExpertSchedule(rows: parts.map(\.rows), ranks: ranks)
  }

  /// The seconds of a step of so many rows.
  private func stepSeconds(
    ranks: Int, rows: Double, _ cost: PhaseCost, _ network: NetworkModel
  ) -> Double {
    let traffic = traffic(ranks: ranks)
    let holders = tables.placement == .sharded ? ranks : 1
    return cost.secondsPerStep + cost.secondsPerTables / Double(holders)
      + traffic.additions * cost.secondsPerAddition
      + rows * Double(traffic.shards) / Double(shards) * cost.secondsPerRow
      + network.time(of: traffic.total)
  }

  /// The seconds in which a group trains a part for an epoch, and evaluates it.
  private func epochSeconds(
    of part: Part, ranks: Int, _ cost: PhaseCost, _ network: NetworkModel
  ) -> Double {
    let rows = Double(part.rows) / Double(max(1, part.steps))
    let validationRows = Double(part.validationRows)
    let evaluation =
      validationRows * (cost.secondsPerScoredRow / Double(ranks) + cost.secondsPerFigureRow)
      + network.time(of: evaluationTraffic(part, ranks: ranks))
    return Double(part.steps) * stepSeconds(ranks: ranks, rows: rows, cost, network)
      + Double(evaluationsPerEpoch) * evaluation
  }

  /// The seconds until the last group has finished its last part, and all ranks have every part.
  private func epochSeconds(
    ranks: Int, _ cost: PhaseCost, _ network: NetworkModel
  ) -> Double {
    let schedule = schedule(ranks: ranks)
    var queue = ExpertQueue(schedule)
    var ends = schedule.groups.indices.map { group in
      schedule.first(ofGroup: group).map {
        epochSeconds(of: parts[$0], ranks: schedule.groups[group].count, cost, network)
      } ?? 0
    }
    while let group = ends.indices.min(by: { ends[$0] < ends[$1] }),
      let part = queue.take(for: group)
    {
      ends[group] += epochSeconds(
        of: parts[part], ranks: schedule.groups[group].count, cost, network)
    }
    return (ends.max() ?? 0) + network.time(of: publishing(ranks: ranks))
  }

  private func publishing(ranks: Int) -> Traffic {
    parts.filter { $0.publishedFloats > 0 }.reduce(Traffic()) {
      $0 + .broadcast(4 * $1.publishedFloats, ranks: ranks)
    }
  }

  /// In floating point on the way: many ranks and rows send more bytes than a whole number can count.
  private func bytesPerEpoch(ranks: Int) -> Int {
    let schedule = schedule(ranks: ranks)
    // With fewer groups than parts every group is a single rank, which sends nothing.
    let sent = zip(schedule.order, schedule.groups).reduce(0.0) { sum, pair in
      let (part, size) = (parts[pair.0], pair.1.count)
      return sum + Double(part.steps) * Double(traffic(ranks: size).total.totalBytes)
        + Double(evaluationsPerEpoch) * Double(evaluationTraffic(part, ranks: size).totalBytes)
    }
    let bytes = sent + Double(publishing(ranks: ranks).totalBytes)
    return Int(exactly: bytes.rounded()) ?? .max
  }
}
