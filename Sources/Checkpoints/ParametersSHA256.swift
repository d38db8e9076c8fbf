import Crypto
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
  var hash = SHA256()
  for entry in entries {
    hash.update(data: littleEndian(entry.name.utf8.count) + entry.name.utf8)
    hash.update(data: littleEndian(entry.shape.count) + entry.shape.flatMap(littleEndian))
    update(&hash, buffer.span(entry.slot))
  }
  return hexadecimal(hash.finalize())
}

/// Adds floats to a hash, a chunk of bytes at a time.
private func update(_ hash: inout SHA256, _ values: Span<Float>) {
  let chunk = 16_384
  for start in stride(from: 0, to: values.count, by: chunk) {
    let part = values.extracting(start..<min(start + chunk, values.count))
    var bytes = [UInt8](repeating: 0, count: part.count * MemoryLayout<Float>.size)
    var span = bytes.mutableSpan
    var target = span.mutableRawBytes
    for index in 0..<part.count {
      target.storeBytes(
        of: part[index].bitPattern.littleEndian,
        toByteOffset: index * MemoryLayout<Float>.size, as: UInt32.self)
    }
    hash.update(data: bytes)
  }
}

private func littleEndian(_ value: Int) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
