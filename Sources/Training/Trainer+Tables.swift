import Kernels
import Models
import MPI

extension Trainer {
  /// Brings sharded tables together, which no later phase changes, once for all ranks of a node.
  ///
  /// Where ranks cannot share memory, each keeps them for itself. The tables come from the ranks of a node
  /// without messages, from those of other nodes by broadcasts among one rank of each.
  mutating func freezeTables(observer: TrainingObserver) throws(TrainingError) {
    guard let shard = context.shard else { return }
    Runtime.note("gathering tables")
    // Where tables are large, ranks wait while the first ones of all nodes exchange them.
    try Runtime.whereLongWaits(areExpected: true) { () throws(TrainingError) in
      let (world, model) = (world, model)
      var gathering = try communicating { () throws(MPIError) in
        try TableGathering(model, world: world)
      }
      try report(gathering.refusal, observer)
      try communicating { () throws(MPIError) in try gathering.gather(parameters, shard) }
      parameters = gathering.take()
    }
    context = TrainingContext(
      model: model, configuration: context.configuration, seed: context.seed,
      dataset: context.dataset, rank: context.rank)
  }

  /// Tells if some ranks could not share the tables; all ranks call it.
  func report(
    _ own: SharedMemory.Failure?, _ observer: TrainingObserver
  ) throws(TrainingError) {
    guard let reason = try commonReason(own, world) else { return }
    try observer(.memoryNotShared(.tables, reason: reason))
  }
}

/// Why the first rank of a group that could not share memory could not.
///
/// `nil` if all could. All ranks call it.
func commonReason(
  _ own: SharedMemory.Failure?, _ group: Communicator
) throws(TrainingError) -> String? {
  try communicating { () throws(MPIError) -> String? in
    let first = try group.allReduce(own == nil ? group.size : group.rank, .min)
    guard first < group.size else { return nil }
    var text = Array((own?.description ?? "").utf8)
    try group.broadcast(&text, from: first)
    return "rank \(first): \(String(decoding: text, as: UTF8.self))"
  }
}
