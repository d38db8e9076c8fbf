internal import COpenMPI

// Operations that go on while the caller computes. Each lends its buffer for the whole call, so that
// the compiler refuses to touch it in the body, and is complete when the call returns.
//
// Nothing moves outside MPI: a body that computes for long polls about once a millisecond.

extension Communicator {
  /// Asks MPI to move an operation forward, and tells whether there is nothing left to wait for.
  ///
  /// That is so too when the operation has failed; its error is thrown when the body has returned.
  public typealias Poll = () -> Bool

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
    _ routine: StaticString, cancelsOnError: Bool = false,
    start: (inout MPI_Request?) -> Int32,
    body: (Poll) throws(MPIError) -> Result
  ) throws(MPIError) -> (Result, MPI_Status) {
    var request = unsafe copenmpi_request_null()
    try unsafe check(start(&request), routine)
    var status = MPI_Status()
    var code = Int32(MPI_SUCCESS)
    var isOver: Int32 = 0
    let result: Result
    do {
      result = try body {
        if isOver == 0, code == MPI_SUCCESS {
          code = unsafe MPI_Test(&request, &isOver, &status)
        }
        return isOver != 0 || code != MPI_SUCCESS
      }
    } catch {
      // The buffer goes back to the caller, so MPI must be done with it.
      if cancelsOnError, isOver == 0 { unsafe MPI_Cancel(&request) }
      if isOver == 0 { unsafe MPI_Wait(&request, &status) }
      throw error
    }
    try check(code, routine)  // of the polls
    if isOver == 0 { try unsafe check(MPI_Wait(&request, &status), routine) }
    return (result, status)
  }
}
