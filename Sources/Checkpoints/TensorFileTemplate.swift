public import Kernels

/// What is the same in all files that the tensors of one layout are written to.
///
/// It is made once: every checkpoint would make the same text of all names and shapes again.
public struct TensorFileTemplate: Sendable {
  /// The tensors, in their order.
  public let entries: [Layout.Entry]
  /// The bytes before them.
  let header: [UInt8]
  /// The size of a file.
  let sizeInBytes: Int

  /// Prepares to write tensors whose names differ.
  public init(_ entries: [Layout.Entry]) {
    self.entries = entries
    let header = TensorFileHeader(entries)
    self.header = header.encoded
    sizeInBytes = self.header.count + header.dataSize
  }
}
