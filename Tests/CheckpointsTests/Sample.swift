import Kernels
import Testing

/// A layout and what its buffer shall hold; floats of every kind are among them.
struct Sample: CustomTestStringConvertible {
  let layout: Layout
  let values: [Float]

  /// A layout of the given shapes, filled with random bits.
  init(_ shapes: [(rows: Int, columns: Int)], seed: UInt64 = 1) {
    var layout = Layout()
    for (index, shape) in shapes.enumerated() {
      _ = layout.reserve("tensor.\(index)", rows: shape.rows, columns: shape.columns)
    }
    self.layout = layout
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    values = (0..<layout.count).map { index in
      Float(bitPattern: UInt32(truncatingIfNeeded: stream.bits(at: index)))
    }
  }

  /// A buffer with the values in every slot and zeros between them.
  var buffer: Buffer {
    var buffer = Buffer(layout)
    for entry in layout.entries {
      var span = buffer.mutableSpan(entry.slot)
      for index in 0..<span.count { span[index] = values[entry.slot.offset + index] }
    }
    return buffer
  }

  var testDescription: String { layout.entries.map { "\($0.shape)" }.joined(separator: ", ") }

  /// No tensor, empty ones, a single float, vectors and matrices around powers of two.
  static let all = [
    Sample([]), Sample([(1, 0)]), Sample([(0, 5), (3, 0)]), Sample([(1, 1)]),
    Sample([(1, 7), (7, 1)]), Sample([(15, 16), (1, 0), (16, 17), (17, 15)]),
    Sample([(257, 64), (1, 16_385)]),
  ]
}

/// The bits of every float of a buffer.
func bits(of buffer: borrowing Buffer) -> [UInt32] {
  let span = buffer.span
  return (0..<span.count).map { span[$0].bitPattern }
}

extension Buffer {
  /// One float.
  subscript(index: Int) -> Float {
    get { span[index] }
    set {
      var span = mutableSpan
      span[index] = newValue
    }
  }
}
