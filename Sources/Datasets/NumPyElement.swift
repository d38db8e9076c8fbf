/// A number type that a column of a dataset can hold.
public protocol NumPyElement: BitwiseCopyable, Numeric, Sendable {
  /// NumPy's name of the type in little-endian order, for example `<i4`.
  static var numPyType: String { get }

  /// Appends the number's bytes, least significant first.
  func appendLittleEndian(to bytes: inout [UInt8])
}

extension UInt8: NumPyElement {
  /// NumPy's name of the type.
  public static var numPyType: String { "|u1" }

  /// Appends the byte.
  public func appendLittleEndian(to bytes: inout [UInt8]) { bytes.append(self) }
}

extension Int32: NumPyElement {
  /// NumPy's name of the type in little-endian order.
  public static var numPyType: String { "<i4" }

  /// Appends the four bytes, least significant first.
  public func appendLittleEndian(to bytes: inout [UInt8]) {
    let bits = UInt32(bitPattern: self)
    bytes.append(UInt8(truncatingIfNeeded: bits))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
  }
}
