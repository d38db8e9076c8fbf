import Kernels
import Models
import MPI

extension Trainer {
  /// Keeps the trained tables, which no later phase changes, once for all ranks of a node.
  ///
  /// Where ranks cannot share memory, each keeps them for itself. Sharded tables come together: from the
  /// ranks of a node without messages, from those of other nodes by broadcasts among one rank of each.
  mutating func freezeTables() throws(TrainingError) {
    let isLast = Trainer.phases(of: model.configuration.adaptation).last == .backbone
    guard context.shard != nil || !isLast && world.size > 1 else { return }
    let (world, model, shard) = (world, model, context.shard)
    let frozen = try communicating { () throws(MPIError) in
      var gathering = try TableGathering(model, world: world)
      try gathering.gather(parameters, shard)
      return gathering.take()
    }
    parameters = frozen
    context = TrainingContext(
      model: model, configuration: context.configuration, seed: context.seed,
      dataset: context.dataset, rank: context.rank)
  }
}
