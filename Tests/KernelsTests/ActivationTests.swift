import Kernels
import Reference
import Testing

@Suite struct ActivationTests {
  private static let widths = [0, 1, 2, 7, 15, 16, 17, 256]

  @Test(arguments: widths, [0, 1, 3])
  func `bias and ReLU agree with plain loops`(width: Int, rows: Int) {
    let (x, bias) = inputs(rows: rows, width: width)
    let sums = rowwise(x, rows: rows) { $0 + bias[$1] }
    #expect(
      changed(x, rows, width) { y in
        addBias(bias.span, to: &y)
      } == sums)
    #expect(
      changed(x, rows, width) { y in
        rectify(&y, bias: bias.span)
      } == sums.map { $0 > 0 ? $0 : 0 })
    #expect(changed(x, rows, width) { y in rectify(&y) } == x.map { $0 > 0 ? $0 : 0 })
  }

  @Test(arguments: widths, [0, 1, 3])
  func `the backward of ReLU agrees with plain loops`(width: Int, rows: Int) {
    let (x, _) = inputs(rows: rows, width: width)
    let y = Tensor(rows: rows, columns: width, x.map { max($0, 0) })
    let dy = RandomStream(seed: 2, purpose: .synthesis).floats(rows * width)
    let expected = x.indices.map { x[$0] > 0 ? dy[$0] * 1.5 : 0 }
    var sums = Tensor(rows: 1, columns: width, repeating: 0.25)
    let found = changed(dy, rows, width) { gradient in
      var span = sums.mutableSpan
      rectifyBackward(y.matrix, &gradient, scale: 1.5, addingTo: &span)
    }
    #expect(found == expected)
    #expect(
      sums.values
        == (0..<width).map { unit in
          (0..<rows).reduce(Float(0.25)) { $0 + expected[$1 * width + unit] }
        })
    #expect(
      changed(dy, rows, width) { gradient in
        rectifyBackward(y.matrix, &gradient, scale: 1.5)
      } == expected)
  }

  @Test(arguments: widths)
  func `passes leave what lies beside the view alone`(width: Int) {
    var y = Tensor(rows: 3, columns: width + 2, repeating: -1)
    do {
      var whole = y.mutableMatrix
      var view = whole.columns(1..<1 + width)
      rectify(&view)
    }
    let row: [Float] = [-1] + Array(repeating: 0, count: width) + [-1]
    #expect(y.values == row + row + row)
  }

  @Test func `ReLU passes a NaN on`() {
    let bias: [Float] = [0, 0, 0]
    let values: [Float] = [-1, .nan, 2]
    #expect(changed(values, 1, 3) { y in rectify(&y) }[1].isNaN)
    #expect(changed(values, 1, 3) { y in rectify(&y, bias: bias.span) }[1].isNaN)
    let mask = DropoutMask(rate: 0, stream: RandomStream(seed: 1, purpose: .dropout))
    let keys: [UInt64] = [1]
    #expect(
      changed(values, 1, 3) { y in
        rectify(&y, bias: bias.span, dropout: mask, rowKeys: keys.span, firstWord: 0)
      }[1].isNaN)
  }

  @Test func `a bias of another width traps`() async {
    await #expect(processExitsWith: .failure) {
      var y = Tensor(rows: 1, columns: 3)
      let bias: [Float] = [1, 2]
      var view = y.mutableMatrix
      rectify(&view, bias: bias.span)
    }
  }

  /// Values of both signs, zeros among them, and a bias.
  private func inputs(rows: Int, width: Int) -> (x: [Float], bias: [Float]) {
    let stream = RandomStream(seed: 1, purpose: .synthesis)
    let x = stream.floats(rows * width).enumerated().map { $0 % 5 == 4 ? 0 : $1 }
    return (x, stream.derived(1).floats(width))
  }

  private func rowwise(_ x: [Float], rows: Int, _ body: (Float, Int) -> Float) -> [Float] {
    x.indices.map { body(x[$0], $0 % (x.count / rows)) }
  }

  private func changed(
    _ values: [Float], _ rows: Int, _ width: Int, _ body: (inout MutableMatrix) -> Void
  ) -> [Float] {
    var tensor = Tensor(rows: rows, columns: width, values)
    do {
      var view = tensor.mutableMatrix
      body(&view)
    }
    return tensor.values
  }
}
