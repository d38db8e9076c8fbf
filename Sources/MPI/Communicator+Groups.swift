internal import COpenMPI

extension Communicator {
  /// Waits until every rank has called it.
  ///
  /// The corresponding MPI routine is `MPI_Barrier`.
  public func barrier() throws(MPIError) {
    guard size > 1 else { return }
    try unsafe check(MPI_Barrier(handle), "MPI_Barrier")
  }

  /// A communicator of the same ranks, whose messages and collectives are kept apart.
  ///
  /// All ranks call it. The corresponding MPI routine is `MPI_Comm_dup`.
  public func duplicate() throws(MPIError) -> Communicator {
    try unsafe derive("MPI_Comm_dup") { unsafe MPI_Comm_dup(handle, &$0) } ?? .alone
  }

  /// A communicator of the ranks that give the same colour.
  ///
  /// All ranks call it. The corresponding MPI routine is `MPI_Comm_split`.
  ///
  /// - Parameters:
  ///   - color: Which group this rank joins, zero or more.
  ///   - key: Where in its group this rank stands; equal keys keep this communicator's order.
  /// - Returns: The communicator of this rank's group.
  /// - Throws: ``MPIError/routineFailed(routine:rank:size:code:text:)``.
  public func split(color: Int, key: Int = 0) throws(MPIError) -> Communicator {
    precondition(color >= 0 && color <= Int32.max, "splitting by colour \(color)")
    precondition(Int32(exactly: key) != nil, "splitting with key \(key)")
    return try unsafe derive("MPI_Comm_split") {
      unsafe MPI_Comm_split(handle, Int32(color), Int32(key), &$0)
    } ?? .alone
  }

  /// A communicator of the members, in this communicator's order; `nil` on the other ranks.
  ///
  /// All ranks call it. The corresponding MPI routine is `MPI_Comm_split` with the colour `MPI_UNDEFINED`.
  public func subgroup(isMember: Bool) throws(MPIError) -> Communicator? {
    guard size > 1 else { return isMember ? .alone : nil }
    return try unsafe derive("MPI_Comm_split") {
      unsafe MPI_Comm_split(handle, isMember ? 0 : MPI_UNDEFINED, 0, &$0)
    }
  }

  /// A communicator of the ranks on this rank's node, which can share memory.
  ///
  /// All ranks call it. The corresponding MPI routine is `MPI_Comm_split_type` with `MPI_COMM_TYPE_SHARED`.
  public func splitByNode() throws(MPIError) -> Communicator {
    try unsafe derive("MPI_Comm_split_type") {
      unsafe MPI_Comm_split_type(
        handle, Int32(MPI_COMM_TYPE_SHARED), 0, copenmpi_info_null(), &$0)
    } ?? .alone
  }

  /// The communicator that `create` makes; `nil` if it makes none, or if this one needs no MPI.
  private func derive(
    _ routine: StaticString, _ create: (inout MPI_Comm?) -> Int32
  ) throws(MPIError) -> Communicator? {
    guard size > 1 else { return nil }
    var made = unsafe copenmpi_comm_null()
    try unsafe check(create(&made), routine)
    guard unsafe made != copenmpi_comm_null() else { return nil }
    return try unsafe Communicator(made, isOwned: true)
  }
}
