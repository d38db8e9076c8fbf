public import Kernels

/// What is the same in all files that the tensors of one layout are written to.
///
/// It is made once: every checkpoint would make the same text of all names and shapes again.
public struct TensorFileTemplate: Sendable {
  /// The tensors, in their order.
  public let entries: [Layout.Entry]
  /// The bytes before them.
  let header: [UInt8]
  /// The floats of the tensors in the same order, as many at a time as lie together in a buffer of their layout.
  let runs: [Range<Int>]
  /// The size of a file.
  let sizeInBytes: Int

  /// Prepares to write tensors whose names differ.
  public init(_ entries: [Layout.Entry]) {
    self.entries = entries
    let header = TensorFileHeader(entries)
    self.header = header.encoded
    runs = entries.reduce(into: []) { runs, entry in
      let range = entry.slot.range
      if let last = runs.last, last.upperBound == range.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
      } else {
        runs.append(range)
      }
    }
    sizeInBytes = self.header.count + header.dataSize
  }
}
