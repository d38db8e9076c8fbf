internal import MPI

extension Communicator {
  /// The texts of all ranks in their order on rank 0; none on the others.
  func gatherTexts(_ text: String) throws(MPIError) -> [String] {
    let own = Array(text.utf8)
    let blocks = try Blocks(counts: allGather(own.count))
    var bytes = Array(repeating: UInt8(0), count: rank == 0 ? blocks.total : 0)
    var span = bytes.mutableSpan
    try gather(own.span, blocks: blocks, into: &span)
    guard rank == 0 else { return [] }
    return (0..<size).map { String(decoding: bytes[blocks[$0]], as: UTF8.self) }
  }
}
