/// The MPI types that elements can have.
public enum Datatype: CaseIterable, Sendable {
  /// `MPI_FLOAT`.
  case float
  /// `MPI_DOUBLE`.
  case double
  /// `MPI_INT32_T`.
  case int32
  /// `MPI_INT64_T`.
  case int64
  /// `MPI_UINT8_T`.
  case uint8
  /// `MPI_UINT64_T`.
  case uint64
}
