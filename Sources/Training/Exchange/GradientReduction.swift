/// How gradients are summed over shards and ranks.
public enum GradientReduction: String, CaseIterable, Codable, Sendable {
  /// In one fixed tree over the shards: the same bits on any number of ranks.
  case invariant
  /// Shards one after another, ranks by `MPI_Allreduce`: results depend on the number of ranks.
  case fast
}
