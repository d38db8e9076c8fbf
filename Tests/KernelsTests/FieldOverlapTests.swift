import Kernels
import Reference
import Testing

/// The loops of layers that let fields interact trap where what they write overlaps what they read.
///
/// Every operand has a place of its own at multiples of 64 floats, where the operation is done, and is then
/// laid over another one.
@Suite struct FieldOverlapTests {
  @Test func `the activation of maps traps where two operands lie over each other`() async {
    activateMaps(hidden: 64, signs: 128, sums: 192)
    await #expect(processExitsWith: .failure) { activateMaps(hidden: 0, signs: 128, sums: 192) }
    await #expect(processExitsWith: .failure) { activateMaps(hidden: 64, signs: 64, sums: 192) }
    await #expect(processExitsWith: .failure) { activateMaps(hidden: 64, signs: 128, sums: 64) }
    await #expect(processExitsWith: .failure) { activateMaps(hidden: 64, signs: 128, sums: 128) }
    await #expect(processExitsWith: .failure) { activateMaps(hidden: 64, signs: 128, sums: 256) }
  }

  @Test func `the gradient of maps traps where two operands lie over each other`() async {
    differentiateMaps(gradient: 256, bias: 320)
    // The gradients of the logits, the weights, the hidden maps, their gradient, the signs, the bias.
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 384, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 192, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 0, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 64, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 128, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 320, bias: 320) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 256, bias: 384) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 256, bias: 192) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 256, bias: 0) }
    await #expect(processExitsWith: .failure) { differentiateMaps(gradient: 256, bias: 128) }
  }

  @Test func `attention traps where two operands lie over each other`() async {
    attend(probabilities: 64, output: 128)
    await #expect(processExitsWith: .failure) { attend(probabilities: 0, output: 128) }
    await #expect(processExitsWith: .failure) { attend(probabilities: 64, output: 0) }
    await #expect(processExitsWith: .failure) { attend(probabilities: 64, output: 64) }
  }

  @Test func `the gradient of attention traps where two operands lie over each other`() async {
    differentiateAttention(projection: 192, scratch: 256)
    await #expect(processExitsWith: .failure) {
      differentiateAttention(projection: 0, scratch: 256)
    }
    await #expect(processExitsWith: .failure) {
      differentiateAttention(projection: 64, scratch: 256)
    }
    await #expect(processExitsWith: .failure) {
      differentiateAttention(projection: 128, scratch: 256)
    }
    await #expect(processExitsWith: .failure) {
      differentiateAttention(projection: 192, scratch: 192)
    }
    await #expect(processExitsWith: .failure) {
      differentiateAttention(projection: 192, scratch: 64)
    }
  }

  @Test func `a factorisation traps on its own fields`() async {
    factorise(logits: 64)
    await #expect(processExitsWith: .failure) { factorise(logits: 0) }
  }

  @Test func `the gradient of a factorisation traps on what it reads`() async {
    differentiateFactorisation(gradient: 128)
    await #expect(processExitsWith: .failure) { differentiateFactorisation(gradient: 0) }
    await #expect(processExitsWith: .failure) { differentiateFactorisation(gradient: 64) }
  }

  @Test func `sums over pairs trap on their own fields`() async {
    sumPairs(output: 64)
    await #expect(processExitsWith: .failure) { sumPairs(output: 0) }
  }

  @Test func `the gradient of sums over pairs traps on what it reads`() async {
    differentiatePairSums(gradient: 128)
    await #expect(processExitsWith: .failure) { differentiatePairSums(gradient: 0) }
    await #expect(processExitsWith: .failure) { differentiatePairSums(gradient: 64) }
  }

  @Test func `inner products trap on their own fields`() async {
    multiplyFields(output: 64)
    await #expect(processExitsWith: .failure) { multiplyFields(output: 0) }
  }

  @Test func `the gradient of inner products traps on what it reads`() async {
    differentiateInnerProducts(gradient: 128)
    await #expect(processExitsWith: .failure) { differentiateInnerProducts(gradient: 0) }
    await #expect(processExitsWith: .failure) { differentiateInnerProducts(gradient: 64) }
  }

  @Test func `inverse square roots trap on what they are taken of`() async {
    takeRoots(output: 64)
    await #expect(processExitsWith: .failure) { takeRoots(output: 0) }
  }
}

// MARK: - Operations on views of one arena

/// An arena of 512 floats, in which views of any shape may lie anywhere.
private func arena() -> Arena {
  var layout = Layout()
  _ = layout.reserve("all", columns: 512)
  return Arena(layout)
}

/// The place of a matrix that begins at a float: that of another layout.
private func place(_ start: Int, _ rows: Int, _ columns: Int) -> Slot {
  var layout = Layout()
  if start > 0 { _ = layout.reserve("before", columns: start) }
  return layout.reserve("matrix", rows: rows, columns: columns)
}

/// Two samples of width 2 with 3 hidden maps and 2 outputs; the bias is at 256.
private func activateMaps(hidden: Int, signs: Int, sums: Int) {
  let arena = arena()
  var hidden = arena.mutableMatrix(place(hidden, 4, 3), rows: 4)
  var signs = arena.mutableMatrix(place(signs, 4, 1), rows: 4)
  var sums = arena.mutableMatrix(place(sums, 2, 2), rows: 2)
  InteractionMaps(width: 2, hidden: 3, outputs: 2).activate(
    arena.matrix(place(0, 4, 5), rows: 4), bias: arena.matrix(place(256, 1, 5), rows: 1)[row: 0],
    hidden: &hidden, signs: &signs, sums: &sums)
}

/// Hidden maps are at 0, their gradient at 64, signs at 128, weights at 192, gradients of logits at 384.
private func differentiateMaps(gradient: Int, bias: Int) {
  let arena = arena()
  var gradient = arena.mutableMatrix(place(gradient, 4, 5), rows: 4)
  var biasRow = arena.mutableMatrix(place(bias, 1, 5), rows: 1)
  var bias = biasRow[row: 0]
  InteractionMaps(width: 2, hidden: 3, outputs: 2).backward(
    logitGradient: arena.matrix(place(384, 1, 2), rows: 1)[row: 0],
    weights: arena.matrix(place(192, 1, 2), rows: 1)[row: 0],
    hidden: arena.matrix(place(0, 4, 3), rows: 4),
    hiddenGradient: arena.matrix(place(64, 4, 3), rows: 4),
    signs: arena.matrix(place(128, 4, 1), rows: 4), biasGradient: &bias, into: &gradient)
}

/// One head of width 1 for two fields of two samples, whose projection is at 0.
private func attend(probabilities: Int, output: Int) {
  let arena = arena()
  var probabilities = arena.mutableMatrix(place(probabilities, 4, 2), rows: 4)
  var output = arena.mutableMatrix(place(output, 1, 4), rows: 1)
  Attention(fields: 2, heads: 1, headWidth: 1).forward(
    arena.matrix(place(0, 4, 4), rows: 4), probabilities: &probabilities, into: &output)
}

/// Probabilities are at 0, the output at 64, its gradient at 128.
private func differentiateAttention(projection: Int, scratch: Int) {
  let attention = Attention(fields: 2, heads: 1, headWidth: 1)
  let arena = arena()
  var projection = arena.mutableMatrix(place(projection, 4, 4), rows: 4)
  var scratchRow = arena.mutableMatrix(place(scratch, 1, attention.scratchCount), rows: 1)
  var scratch = scratchRow[row: 0]
  attention.backward(
    &projection, probabilities: arena.matrix(place(0, 4, 2), rows: 4),
    output: arena.matrix(place(64, 1, 4), rows: 1),
    outputGradient: arena.matrix(place(128, 1, 4), rows: 1), scratch: &scratch)
}

/// Two fields of width 2 of two rows, at 0.
private func factorise(logits: Int) {
  let arena = arena()
  var row = arena.mutableMatrix(place(logits, 1, 2), rows: 1)
  var logits = row[row: 0]
  addFactorisation(of: arena.matrix(place(0, 2, 4), rows: 2), fields: 2, to: &logits)
}

/// The gradient of the logits is at 64.
private func differentiateFactorisation(gradient: Int) {
  let arena = arena()
  var gradient = arena.mutableMatrix(place(gradient, 2, 4), rows: 2)
  factorisationBackward(
    arena.matrix(place(0, 2, 4), rows: 2), fields: 2,
    logitGradient: arena.matrix(place(64, 1, 2), rows: 1)[row: 0], addingTo: &gradient)
}

private func sumPairs(output: Int) {
  let arena = arena()
  var output = arena.mutableMatrix(place(output, 2, 2), rows: 2)
  pairSums(of: arena.matrix(place(0, 2, 4), rows: 2), fields: 2, into: &output)
}

/// The gradient of the output is at 64.
private func differentiatePairSums(gradient: Int) {
  let arena = arena()
  var gradient = arena.mutableMatrix(place(gradient, 2, 4), rows: 2)
  pairSumsBackward(
    arena.matrix(place(0, 2, 4), rows: 2), fields: 2,
    outputGradient: arena.matrix(place(64, 2, 2), rows: 2), addingTo: &gradient)
}

private func multiplyFields(output: Int) {
  let arena = arena()
  var output = arena.mutableMatrix(place(output, 2, 5), rows: 2)
  innerProducts(of: arena.matrix(place(0, 2, 4), rows: 2), fields: 2, into: &output)
}

/// The gradient of the output is at 64.
private func differentiateInnerProducts(gradient: Int) {
  let arena = arena()
  var gradient = arena.mutableMatrix(place(gradient, 2, 4), rows: 2)
  innerProductsBackward(
    arena.matrix(place(0, 2, 4), rows: 2), fields: 2,
    outputGradient: arena.matrix(place(64, 2, 5), rows: 2), addingTo: &gradient)
}

private func takeRoots(output: Int) {
  let arena = arena()
  var row = arena.mutableMatrix(place(output, 1, 4), rows: 1)
  var output = row[row: 0]
  inverseSquareRoots(
    of: arena.matrix(place(0, 1, 4), rows: 1)[row: 0], times: 1, plus: 1, into: &output)
}
