internal import COpenMPI

// Operations that go on while the caller computes. Each lends its buffer for the whole call, so that
// the compiler refuses to touch it in the body, and is complete when the call returns.
//
// Nothing moves outside MPI: a body that computes for long polls about once a millisecond.

extension Communicator {
  /// Asks MPI to move an operation forward, and tells whether it is complete.
  public typealias Poll = () throws(MPIError) -> Bool

  /// Starts an operation, runs the body, and waits for the operation, even if the body throws.
  ///
  /// - Parameters:
  ///   - routine: The MPI routine that starts the operation.
  ///   - cancelsOnError: Whether the operation is given up when the body throws.
  ///   - start: Calls the routine.
  ///   - body: What is done meanwhile.
  /// - Returns: The body's result, and the status of the operation.
  /// - Throws: What the body throws, or ``MPIError/routineFailed(routine:rank:size:code:text:)``.
  func overlap<Result>(
    _ routine: String, cancelsOnError: Bool = false,
    start: (inout MPI_Request?) -> Int32,
    body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> (Result, MPI_Status) {
    var request = unsafe copenmpi_request_null()
    var status = MPI_Status()
    try unsafe check(start(&request), routine)
    var isComplete = false
    do {
      let result = try body { () throws(MPIError) in
        if !isComplete { isComplete = try unsafe test(&request, &status) }
        return isComplete
      }
      if !isComplete { try unsafe check(MPI_Wait(&request, &status), "MPI_Wait") }
      return (result, status)
    } catch {
      // The buffer goes back to the caller, so MPI must be done with it.
      if cancelsOnError, !isComplete { unsafe MPI_Cancel(&request) }
      if !isComplete { unsafe MPI_Wait(&request, &status) }
      throw error
    }
  }

  private func test(
    _ request: inout MPI_Request?, _ status: inout MPI_Status
  ) throws(MPIError) -> Bool {
    var isComplete: Int32 = 0
    try unsafe check(MPI_Test(&request, &isComplete, &status), "MPI_Test")
    return isComplete != 0
  }
}
