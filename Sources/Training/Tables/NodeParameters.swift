package import Kernels
package import Models
package import MPI

/// The parameters of a model on one rank, whose tables are one memory for the ranks of a node where they
/// can share any.
package struct NodeParameters: ~Copyable {
  /// The ranks that share the tables: those of a node, or this one alone.
  package let node: Communicator
  /// Why this rank could not share memory with those of its node, if it could not.
  package let refusal: SharedMemory.Failure?
  /// The parameters.
  package var values: Buffer
  private let model: Model

  /// Allocates the parameters; all ranks of `world` call it.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - world: the ranks.
  ///   - sharesMemory: whether the ranks of a node try to share.
  /// - Throws: what MPI throws.
  package init(_ model: Model, world: Communicator, sharesMemory: Bool) throws(MPIError) {
    let tables = model.ranges.tables
    var node = sharesMemory ? try world.splitByNode() : .alone
    var buffer: Buffer?
    var refusal: SharedMemory.Failure?
    if node.size > 1 {
      switch try NodeBuffer(
        ownCount: tables.lowerBound, sharedCount: tables.count, node: node)
      {
      case .shared(let shared): buffer = consume shared
      case .refused(let reason):
        refusal = reason
        node = .alone
      }
    }
    self.model = model
    self.node = node
    self.refusal = refusal
    values = buffer.take() ?? Buffer(model.layout)
  }

  /// Draws the initial parameters: each rank those it has for itself, the first of a node the tables.
  package mutating func initialise(seed: UInt64) throws(MPIError) {
    let tables = model.ranges.tables
    model.initialise(&values, within: 0..<tables.lowerBound, seed: seed)
    if node.rank == 0 { model.initialise(&values, within: tables, seed: seed) }
    try node.barrier()
  }

  /// The parameters alone.
  package consuming func take() -> Buffer { values }
}
