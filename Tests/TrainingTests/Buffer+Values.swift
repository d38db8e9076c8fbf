import Kernels

extension Buffer {
  /// A buffer of the given floats.
  init(_ values: [Float]) {
    self.init(count: values.count)
    var span = mutableSpan
    for index in values.indices { span[index] = values[index] }
  }
}
