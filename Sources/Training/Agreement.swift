import MPI

/// Throws the same error on all ranks unless all have the same text as rank 0.
///
/// Ranks read their configuration and data by themselves; on other ones their collectives would not
/// match, and the job would hang.
func requireAgreement(
  on subject: String, _ text: String, _ world: Communicator
) throws(TrainingError) {
  let own = Array(text.utf8)
  let differs = try communicating { () throws(MPIError) in
    var common = own
    try world.broadcast(&common)
    return try world.allGather(own == common ? 0 as UInt8 : 1)
  }
  if let rank = differs.firstIndex(of: 1) { throw .ranksDiffer(rank: rank, subject: subject) }
}
