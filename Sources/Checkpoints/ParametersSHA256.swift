import Files
public import Kernels

/// The SHA-256 of tensors in their order, as 64 hexadecimal digits: equal when names, shapes and the
/// bits of every float are.
///
/// For each tensor: the length of its name (UTF-8) and the name, the number of its dimensions and the
/// dimensions, then its floats, row by row; lengths and dimensions as 64-bit integers, everything
/// little-endian. Padding between slots does not count.
///
/// - Complexity: O(n) in the number of floats.
public func parametersSHA256(
  _ entries: [Layout.Entry], of buffer: borrowing Buffer
) -> String {
  var digest = ByteDigest()
  for entry in entries {
    let name = littleEndian(entry.name.utf8.count) + entry.name.utf8
    let shape = littleEndian(entry.shape.count) + entry.shape.flatMap(littleEndian)
    digest.update(name.span.rawBytes)
    digest.update(shape.span.rawBytes)
    // Floats lie in memory as they are hashed: the processors that this is built for are little-endian.
    digest.update(buffer.span(entry.slot).rawBytes)
  }
  return hexadecimal(digest.bytes)
}

private func littleEndian(_ value: Int) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
