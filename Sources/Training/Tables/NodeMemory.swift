package import Kernels
package import MPI

/// Allocates a buffer whose last floats are one memory for all ranks of a node.
///
/// - Parameters:
///   - ownCount: The floats that each rank has for itself.
///   - sharedCount: The floats behind them.
///   - node: The ranks of a node; all of them call it.
/// - Returns: The buffer; `nil` on all of these ranks if the node cannot share so much memory.
/// - Throws: What MPI throws.
package func nodeBuffer(
  ownCount: Int, sharedCount: Int, node: Communicator
) throws(MPIError) -> Buffer? {
  let isLeader = node.rank == 0
  var memory: SharedMemory?
  if isLeader { memory = try? SharedMemory(creating: sharedCount, name: SharedMemory.uniqueName()) }
  // However this ends on other ranks, the name is gone when the leader leaves.
  defer { if isLeader { memory?.removeName() } }
  var name = Array((memory?.name ?? "").utf8)
  try node.broadcast(&name)
  if !isLeader && !name.isEmpty {
    memory = try? SharedMemory(opening: String(decoding: name, as: UTF8.self), count: sharedCount)
  }
  var buffer: Buffer?
  if let memory { buffer = try? Buffer(ownCount: ownCount, shared: memory) }
  let isHere = buffer != nil
  let isEverywhere = try node.allReduce(isHere ? 1 : 0, .min) == 1
  return isEverywhere ? buffer : nil
}
