package import Features
package import Kernels
package import MPI

/// The embedding and wide tables of a model in training, as one rank holds them.
///
/// A step looks rows up, sums the gradients of the rows of its batch, and updates: the same sums, to the
/// bit, whichever way. A class, because tables outlive the step and are lent to closures.
package protocol TrainedTables: AnyObject {
  /// The floats that a shard's sums of small tables take.
  var smallSumCount: Int { get }

  /// Brings the rows that this rank's shards use among the parameters.
  ///
  /// - Parameters:
  ///   - batches: all shards, of which the ids of this rank's are set to where their rows are.
  ///   - run: this rank's shards.
  ///   - parameters: the parameters of the model that computes the shards.
  /// - Throws: what MPI throws.
  func lookUp(
    _ batches: inout [Batch], _ run: Range<Int>, into parameters: inout Buffer
  ) throws(MPIError)

  /// Writes a shard's sums of small tables, which are then summed up the tree.
  ///
  /// - Parameters:
  ///   - batch: the shard's rows.
  ///   - rowGradients: `[B, F·K + 1]`: by row, the gradient of its embeddings and its logit.
  ///   - sums: ``smallSumCount`` floats to write over.
  func sumSmallTables(
    of batch: Batch, rowGradients: Matrix, into sums: inout MutableSpan<Float>)

  /// Sums the gradients of all other tables over the rows of a batch.
  ///
  /// - Parameters:
  ///   - batches: this rank's shards, in order.
  ///   - gradients: those of the rows of these shards.
  /// - Returns: the first field of whose table a sum is not finite, the same on all ranks.
  /// - Throws: what MPI throws.
  func sum(
    _ batches: ArraySlice<Batch>, _ gradients: RowGradients
  ) throws(MPIError) -> Int?

  /// The first field of whose small table a sum is not finite.
  func fieldNotFinite(inSmallSums sums: Span<Float>) -> Int?

  /// Lends Adam's two moments of the owned rows, packed.
  func withMoments(_ body: (_ first: borrowing Buffer, _ second: borrowing Buffer) -> Void)

  /// Goes on from a step whose moments of the owned rows, packed, `body` writes.
  func restoreMoments(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void)

  /// Updates the tables, and clears the gradients; all ranks call it.
  ///
  /// - Parameters:
  ///   - parameters: the parameters of the model.
  ///   - smallSums: the sums of small tables over all shards.
  /// - Throws: what MPI throws.
  func update(_ parameters: inout Buffer, smallSums: Span<Float>) throws(MPIError)
}
