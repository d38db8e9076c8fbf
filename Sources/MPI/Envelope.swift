internal import COpenMPI

/// What is known of a message besides its elements.
public struct Envelope: Hashable, Sendable {
  /// The rank that sent it.
  public let source: Int
  /// The tag that the sender gave it.
  public let tag: Int
  /// The size of its elements in bytes.
  public let sizeInBytes: Int

  /// The number of its elements, if they are of the given type.
  public func count<Element: MessageElement>(of type: Element.Type = Element.self) -> Int {
    sizeInBytes / MemoryLayout<Element>.stride
  }
}

extension Envelope {
  init(_ status: MPI_Status) {
    var status = status
    var size: MPI_Count = 0
    // Sound: both are this function's own.
    unsafe MPI_Get_elements_x(&status, copenmpi_byte(), &size)
    self.init(
      source: Int(status.MPI_SOURCE), tag: Int(status.MPI_TAG), sizeInBytes: Int(size))
  }
}
