internal import COpenMPI

// MPI's handles are pointers to structures that only the library sees; they are passed back to it
// and never followed, and those below are constants.

extension Datatype {
  /// MPI's handle.
  var handle: MPI_Datatype? {
    switch self {
    case .float: unsafe copenmpi_float()
    case .double: unsafe copenmpi_double()
    case .int32: unsafe copenmpi_int32()
    case .int64: unsafe copenmpi_int64()
    case .uint8: unsafe copenmpi_uint8()
    case .uint64: unsafe copenmpi_uint64()
    }
  }

  /// The size of one element in bytes.
  var size: Int {
    switch self {
    case .uint8: 1
    case .float, .int32: 4
    case .double, .int64, .uint64: 8
    }
  }
}

extension Reduction {
  /// MPI's handle.
  var handle: MPI_Op? {
    switch operation {
    case .sum: unsafe copenmpi_sum()
    case .product: unsafe copenmpi_product()
    case .min: unsafe copenmpi_min()
    case .max: unsafe copenmpi_max()
    case .bitwiseAnd: unsafe copenmpi_bitwise_and()
    case .bitwiseOr: unsafe copenmpi_bitwise_or()
    case .bitwiseXor: unsafe copenmpi_bitwise_xor()
    }
  }
}

extension UnsafeBufferPointer {
  /// The address of the element `offset` places after the first, `nil` in an empty buffer.
  func address(at offset: Int) -> UnsafePointer<Element>? {
    unsafe baseAddress.map { unsafe $0 + offset }
  }
}

extension UnsafeMutableBufferPointer {
  /// The address of the element `offset` places after the first, `nil` in an empty buffer.
  func address(at offset: Int) -> UnsafeMutablePointer<Element>? {
    unsafe baseAddress.map { unsafe $0 + offset }
  }
}

extension MessageElement {
  /// MPI's handle of the element type.
  static var handle: MPI_Datatype? {
    precondition(
      MemoryLayout<Self>.stride == datatype.size,
      "\(Self.self) takes \(MemoryLayout<Self>.stride) bytes, its datatype \(datatype.size)")
    return unsafe datatype.handle
  }
}
