package import Kernels
package import MPI

/// A buffer whose last floats are one memory for all ranks of a node, or why there is none.
package enum NodeBuffer: ~Copyable {
  /// The buffer, on all ranks of the node.
  case shared(Buffer)
  /// The reason on this rank, or `nil` if another one has it.
  case refused(SharedMemory.Failure?)

  /// Allocates; all ranks of the node call it, and all of them get a buffer or none.
  ///
  /// - Parameters:
  ///   - ownCount: The floats that each rank has for itself.
  ///   - sharedCount: The floats behind them.
  ///   - node: The ranks of a node.
  /// - Throws: What MPI throws.
  package init(ownCount: Int, sharedCount: Int, node: Communicator) throws(MPIError) {
    var failure: SharedMemory.Failure?
    let memory = try NodeBuffer.memory(node, &failure)
    if let memory, node.rank == 0 {
      do throws(SharedMemory.Failure) {
        try memory.reserve(sharedCount)
      } catch {
        failure = error
      }
    }
    // Nobody maps what has not been reserved.
    guard try node.allReduce(failure == nil ? 1 : 0, .min) == 1, let memory else {
      self = .refused(failure)
      return
    }
    var buffer: Buffer?
    do throws(SharedMemory.Failure) {
      buffer = try Buffer(ownCount: ownCount, sharedCount: sharedCount, shared: memory)
    } catch {
      failure = error
    }
    let isEverywhere = try node.allReduce(failure == nil ? 1 : 0, .min) == 1
    if isEverywhere, let buffer = buffer.take() {
      self = .shared(buffer)
    } else {
      self = .refused(failure)
    }
  }

  /// Opens the same memory on all ranks of a node, without a name any more.
  private static func memory(
    _ node: Communicator, _ failure: inout SharedMemory.Failure?
  ) throws(MPIError) -> SharedMemory? {
    var memory: SharedMemory?
    var name: [UInt8] = []
    if node.rank == 0 {
      do throws(SharedMemory.Failure) {
        memory = try SharedMemory(creating: SharedMemory.uniqueName())
      } catch {
        failure = error
      }
      name = Array((memory?.name ?? "").utf8)
    }
    // However this ends, the name is gone when the first rank leaves.
    defer { if node.rank == 0 { memory?.removeName() } }
    try node.broadcast(&name)
    if node.rank > 0 && !name.isEmpty {
      do throws(SharedMemory.Failure) {
        memory = try SharedMemory(opening: String(decoding: name, as: UTF8.self))
      } catch {
        failure = error
      }
    }
    try node.barrier()
    return memory
  }
}
