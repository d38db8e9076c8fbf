/// How the values of all ranks are combined into one.
///
/// The order in which MPI combines is its own affair and depends on the number of ranks: a sum of
/// floating-point numbers that must have the same bits for any number of ranks needs a tree of its
/// own (``Communicator/exchange(_:sending:receiving:with:tag:)`` serves it).
public struct Reduction<Element: MessageElement>: Sendable {
  /// What is done with two values.
  enum Operation: Sendable {
    case sum, product, min, max, bitwiseAnd, bitwiseOr, bitwiseXor
  }

  let operation: Operation

  /// The sum, `MPI_SUM`.
  public static var sum: Self { Self(operation: .sum) }
  /// The product, `MPI_PROD`.
  public static var product: Self { Self(operation: .product) }
  /// The least value, `MPI_MIN`.
  public static var min: Self { Self(operation: .min) }
  /// The greatest value, `MPI_MAX`.
  public static var max: Self { Self(operation: .max) }
}

extension Reduction where Element: FixedWidthInteger {
  /// The bits set in every value, `MPI_BAND`.
  public static var bitwiseAnd: Self { Self(operation: .bitwiseAnd) }
  /// The bits set in any value, `MPI_BOR`.
  public static var bitwiseOr: Self { Self(operation: .bitwiseOr) }
  /// The bits set in an odd number of values, `MPI_BXOR`.
  public static var bitwiseXor: Self { Self(operation: .bitwiseXor) }
}
