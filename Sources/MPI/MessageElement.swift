/// A type whose values can be sent, received and gathered.
///
/// The package's own conformances are the intended ones: a conforming type must have the size and
/// meaning of its ``datatype``.
public protocol MessageElement: BitwiseCopyable, Sendable {
  /// The MPI type of the same size and meaning.
  static var datatype: Datatype { get }
}

extension Float: MessageElement {
  /// `MPI_FLOAT`.
  public static var datatype: Datatype { .float }
}

extension Double: MessageElement {
  /// `MPI_DOUBLE`.
  public static var datatype: Datatype { .double }
}

extension Int32: MessageElement {
  /// `MPI_INT32_T`.
  public static var datatype: Datatype { .int32 }
}

extension Int64: MessageElement {
  /// `MPI_INT64_T`.
  public static var datatype: Datatype { .int64 }
}

extension Int: MessageElement {
  /// `MPI_INT64_T`: the package runs on 64-bit machines only.
  public static var datatype: Datatype { .int64 }
}

extension UInt8: MessageElement {
  /// `MPI_UINT8_T`.
  public static var datatype: Datatype { .uint8 }
}

extension UInt64: MessageElement {
  /// `MPI_UINT64_T`.
  public static var datatype: Datatype { .uint64 }
}
