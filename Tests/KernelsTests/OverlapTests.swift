import Kernels
import Reference
import Testing

/// An arena hands out two views of one slot; what would write one while it reads the other traps.
@Suite struct OverlapTests {
  @Test func `the backward of ReLU traps on its own output`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 1) { y, dy in rectifyBackward(y, &dy, scale: 1) }
    }
    await #expect(processExitsWith: .failure) {
      withViews(0, 1) { y, dy in
        var bias: [Float] = [0, 0, 0, 0]
        var span = bias.mutableSpan
        rectifyBackward(y, &dy, scale: 1, addingTo: &span)
      }
    }
  }

  @Test func `the backward of ReLU takes views that touch`() {
    withViews(0, 2) { y, dy in rectifyBackward(y, &dy, scale: 1) }
    withViews(2, 0) { y, dy in
      var bias: [Float] = [0, 0, 0, 0]
      do {
        var span = bias.mutableSpan
        rectifyBackward(y, &dy, scale: 1, addingTo: &span)
      }
      #expect(bias == [0, 0, 0, 0])
    }
  }

  @Test func `dropout traps on its own bias`() async {
    await #expect(processExitsWith: .failure) {
      withViews(1, 0) { x, y in
        let keys: [UInt64] = [1, 2]
        drop(&y, bias: x[row: 0], dropout: halfMask(), rowKeys: keys.span, firstWord: 0)
      }
    }
    await #expect(processExitsWith: .failure) {
      withViews(1, 0) { x, y in
        let keys: [UInt64] = [1, 2]
        rectify(&y, bias: x[row: 0], dropout: halfMask(), rowKeys: keys.span, firstWord: 0)
      }
    }
  }

  @Test func `a product traps on its own operand`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 1) { x, y in
        var square = y.columns(0..<2)
        multiply(x, transposed: x, into: &square)
      }
    }
  }

  @Test func `a transposition traps on its own operand`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 1) { x, y in
        var square = y.columns(0..<2)
        transpose(x.columns(1..<3), into: &square)
      }
    }
  }

  @Test func `products of rows trap on their factors`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 0) { x, y in
        let factor = Tensor(rows: 1, columns: 1)
        var product = y.rows(0..<1)
        rowProducts(x.rows(0..<1), factor.matrix, into: &product)
      }
    }
  }

  @Test func `cross-entropy traps on its own logits`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 0) { x, y in
        var losses = y[row: 0]
        var zeros: [Float] = [0, 0, 0, 0]
        var derivatives = zeros.mutableSpan
        crossEntropy(
          logits: x[row: 0], labels: x[row: 1], scale: 1, losses: &losses,
          derivatives: &derivatives)
      }
    }
  }

  @Test func `a step of Adam traps on its own gradient`() async {
    await #expect(processExitsWith: .failure) {
      withViews(0, 0) { x, y in
        var parameters = y[row: 0]
        var (first, second): ([Float], [Float]) = ([0, 0, 0, 0], [0, 0, 0, 0])
        var m = first.mutableSpan
        var v = second.mutableSpan
        AdamStep(stepSize: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0).apply(
          gradients: x[row: 0], parameters: &parameters, firstMoments: &m, secondMoments: &v)
      }
    }
  }
}

/// Views of two rows each of one slot `[4, 4]`, from these rows on.
private func withViews(
  _ first: Int, _ second: Int, _ body: (Matrix, inout MutableMatrix) -> Void
) {
  var layout = Layout()
  let slot = layout.reserve("slot", rows: 4, columns: 4)
  let arena = Arena(layout)
  var whole = arena.mutableMatrix(slot, rows: 4)
  var rows = whole.rows(second..<second + 2)
  body(arena.matrix(slot, rows: 4).rows(first..<first + 2), &rows)
}

private func halfMask() -> DropoutMask {
  DropoutMask(rate: 0.5, stream: RandomStream(seed: 1, purpose: .dropout))
}
