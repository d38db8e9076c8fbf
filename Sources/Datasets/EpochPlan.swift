public import Kernels

/// The order of one epoch's training rows, cut into steps and shards.
///
/// A plan depends on the rows, the stream, the batch size and the number of shards alone, so every
/// rank makes the same one by itself.
public struct EpochPlan: Sendable {
  /// The fixed number of shards, `S`, every step is cut into.
  public let shards: Int
  private let order: [Int32]
  private let steps: [Range<Int>]

  /// Plans an epoch of some or all domains of a split.
  ///
  /// - Parameters:
  ///   - rows: the training rows.
  ///   - domains: the domains that take part; all of them, or one expert's.
  ///   - stream: random numbers of this epoch and no other.
  ///   - globalBatch: the rows of a step; the last step, or with ``Batching/perDomain`` the last of
  ///     each domain, may have fewer.
  ///   - shards: the number of shards.
  ///   - batching: how batches are drawn.
  /// - Complexity: O(rows).
  public init(
    of rows: SplitRows, domains: Range<Int>, stream: RandomStream, globalBatch: Int, shards: Int,
    batching: Batching
  ) {
    self.init(
      domains: domains.map { rows.samples(ofDomain: $0) }, stream: stream,
      globalBatch: globalBatch, shards: shards, batching: batching)
  }

  /// Plans an epoch over the samples of domains, each a range that starts where the last one ended.
  ///
  /// Samples are 32-bit numbers.
  public init(
    domains: [Range<Int>], stream: RandomStream, globalBatch: Int, shards: Int, batching: Batching
  ) {
    precondition(globalBatch > 0 && shards > 0, "a batch of \(globalBatch) in \(shards) shards")
    self.shards = shards
    let groups: [Range<Int>]
    switch batching {
    case .mixed:
      let first = domains.first?.lowerBound ?? 0
      groups = [first..<max(first, domains.last?.upperBound ?? 0)]
    case .perDomain: groups = domains
    }

    var order: [Int32] = []
    var steps: [Range<Int>] = []
    for (index, group) in groups.enumerated() {
      let start = order.count
      let permutation = stream.derived(0).derived(index).permutation(count: group.count)
      for place in permutation { order.append(Int32(group.lowerBound) + place) }
      for lower in Swift.stride(from: start, to: order.count, by: globalBatch) {
        steps.append(lower..<min(lower + globalBatch, order.count))
      }
    }
    if batching == .perDomain { stream.derived(1).shuffle(&steps) }
    self.order = order
    self.steps = steps
  }

  /// The number of optimiser steps.
  public var stepCount: Int { steps.count }

  /// The number of rows in all steps.
  public var sampleCount: Int { order.count }

  /// The rows of a step, over all shards.
  public func samples(ofStep step: Int) -> ArraySlice<Int32> { order[steps[step]] }

  /// The position of a step's first row in the epoch's order; behind the last step, the number of rows.
  public func firstSample(ofStep step: Int) -> Int {
    step == steps.count ? sampleCount : steps[step].lowerBound
  }

  /// The rows of one shard of a step: a contiguous run, from the step's size and `S` alone.
  ///
  /// Of `n` rows shard `s` has `n·s/S ..< n·(s+1)/S`; a shard of a small step may be empty.
  public func shard(_ shard: Int, ofStep step: Int) -> ArraySlice<Int32> {
    precondition(shard >= 0 && shard < shards, "shard \(shard) of \(shards)")
    let rows = steps[step]
    let lower = rows.lowerBound + rows.count * shard / shards
    let upper = rows.lowerBound + rows.count * (shard + 1) / shards
    return order[lower..<upper]
  }
}
