internal import COpenMPI

/// A group of ranks that exchange messages and take part in collective operations together.
///
/// Every collective operation is called by all ranks of the communicator, in the same order and
/// with matching arguments; a rank that does not call one leaves the others waiting. With one rank
/// no operation calls MPI: collectives copy, and there is no one to send a message to.
///
/// Elements are counted in `Int`. Broadcasts and reductions of more elements than MPI can count
/// (`Int32.max`) go in pieces, other operations throw ``MPIError/countTooLarge(_:limit:routine:)``.
///
/// A communicator made from another is given back to MPI with its last reference, which should go at
/// the same place of the program on all of its ranks. None may be used after ``Runtime`` has ended.
///
/// Not `Sendable`: below ``ThreadLevel/multiple`` MPI may not be called from two threads at a time,
/// and collectives of two threads on one communicator would be mistaken for each other.
@safe
public final class Communicator {
  /// The calling process's position, from zero.
  public let rank: Int

  /// The number of ranks.
  public let size: Int

  // Sound: made by MPI, freed once by `deinit`, and never followed. `nil` if and only if there is
  // one rank: no operation needs MPI then.
  let handle: MPI_Comm?

  /// Whether the handle is freed with the communicator, which is forbidden for the world's.
  private let isOwned: Bool

  /// The most elements passed to MPI at a time; smaller than `Int32.max` in tests only.
  package var largestCount = Int(Int32.max)

  /// A communicator of the calling process alone, which needs no MPI.
  public static var alone: Communicator { Communicator() }

  private init() {
    rank = 0
    size = 1
    unsafe handle = nil
    isOwned = false
  }

  /// Takes over a handle.
  init(_ handle: MPI_Comm?, isOwned: Bool) throws(MPIError) {
    var rank: Int32 = 0
    var size: Int32 = 1
    try unsafe MPIError.check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank", rank: 0, size: 1)
    try unsafe MPIError.check(MPI_Comm_size(handle, &size), "MPI_Comm_size", rank: 0, size: 1)
    self.rank = Int(rank)
    self.size = Int(size)
    var handle = unsafe handle
    if size == 1, isOwned { unsafe MPI_Comm_free(&handle) }
    unsafe self.handle = size > 1 ? handle : nil
    self.isOwned = isOwned && size > 1
  }

  deinit {
    guard isOwned, Runtime.isRunning else { return }
    var handle = unsafe handle
    unsafe MPI_Comm_free(&handle)
  }
}

@available(*, unavailable, message: "MPI calls belong to one thread")
extension Communicator: Sendable {}

// MARK: - Checks

extension Communicator {
  /// Calls one of MPI's routines and throws unless it succeeds.
  ///
  /// The one place from which routines are called that wait for other ranks: the ``Watchdog`` sees
  /// them here.
  func check(
    _ call: @autoclosure () -> Int32, _ routine: StaticString
  ) throws(MPIError) {
    Watch.enter(routine)
    let code = call()
    Watch.leave()
    guard code != MPI_SUCCESS else { return }
    try MPIError.check(code, "\(routine)", rank: rank, size: size)
  }

  /// Throws unless the communicator has the rank `root`.
  func check(root: Int, _ routine: String) throws(MPIError) {
    guard (0..<size).contains(root) else {
      throw .noSuchRank(root, routine: routine, rank: rank, size: size)
    }
  }

  /// A count as MPI takes it.
  func count(_ count: Int, _ routine: String) throws(MPIError) -> Int32 {
    guard count <= largestCount else {
      throw .countTooLarge(count, limit: largestCount, routine: routine)
    }
    return Int32(count)
  }

  /// Calls `body` with the offsets and counts of pieces that MPI can take, at least one.
  func inPieces(
    of count: Int, _ body: (_ offset: Int, _ count: Int32) throws(MPIError) -> Void
  ) throws(MPIError) {
    var offset = 0
    repeat {
      let piece = min(count - offset, largestCount)
      try body(offset, Int32(piece))
      offset += piece
    } while offset < count
  }
}

extension MPIError {
  /// Throws unless `code` is MPI's success.
  static func check(_ code: Int32, _ routine: String, rank: Int, size: Int) throws(MPIError) {
    guard code != MPI_SUCCESS else { return }
    let text = unsafe System.text(capacity: Int(MPI_MAX_ERROR_STRING)) {
      unsafe MPI_Error_string(code, $0, $1)
    }
    throw .routineFailed(routine: routine, rank: rank, size: size, code: Int(code), text: text)
  }
}
