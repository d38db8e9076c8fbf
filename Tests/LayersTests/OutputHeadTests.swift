import Kernels
import Layers
import Reference
import Testing

@Suite struct OutputHeadTests {
  private let tolerance = Tolerance(absolute: 2e-6, relative: 2e-6)

  @Test func `a case worked by hand`() {
    let (head, layout) = head(inputs: 3)
    var parameters = Buffer(layout)
    parameters.store([1, -2, 0.5], in: head.weight)
    parameters.store([0.25], in: head.bias)
    var gradients = Buffer(layout)
    let s = Tensor(rows: 2, columns: 3, [1, 2, 4, 0, 1, -2])
    // 1 - 4 + 2 + 1/4 and 0 - 2 - 1 + 1/4.
    #expect(logits(head, s, parameters) == [-0.75, -2.75])
    let dz: [Float] = [0.5, -1]
    head.accumulate(s.matrix, logitGradient: dz.span, gradients: &gradients)
    #expect(floats(of: gradients.span(head.weight)) == [0.5, 0, 4])
    #expect(floats(of: gradients.span(head.bias)) == [-0.5])
    var ds = Tensor(rows: 2, columns: 3, repeating: .nan)
    do {
      var view = ds.mutableMatrix
      head.inputGradient(logitGradient: dz.span, parameters: parameters, into: &view)
    }
    #expect(ds.values == [0.5, -1, 0.25, -1, 2, -0.5])
  }

  @Test(arguments: [1, 7, 8, 9, 64, 65], [0, 1, 7, 128])
  func `logits and gradients agree with double precision`(inputs: Int, count: Int) {
    let (head, layout) = head(inputs: inputs)
    var parameters = Buffer(layout)
    parameters.randomise(layout, limit: 1, seed: 1)
    let stream = RandomStream(seed: 2, purpose: .synthesis)
    let s = Tensor(rows: count, columns: inputs, randomFrom: stream)
    let dz = stream.derived(1).floats(count)
    var gradients = Buffer(layout)
    gradients.store(repeating: .nan)
    head.accumulate(s.matrix, logitGradient: dz.span, gradients: &gradients)

    let w = table(of: parameters.matrix(head.weight))
    let bias = Double(floats(of: parameters.span(head.bias))[0])
    let column = Table(rows: count, columns: 1, dz.map(Double.init))
    let z = s.table.times(w).elements.map { $0 + bias }
    #expect(tolerance.misses(logits(head, s, parameters), for: z) == [])
    let weightGradient = floats(of: gradients.span(head.weight))
    // Sums of up to 128 products, one after the other.
    #expect(
      Tolerance(absolute: 1e-5, relative: 0).misses(
        weightGradient, for: s.table.transposed.times(column).elements) == [])
    let biasGradient = floats(of: gradients.span(head.bias))
    #expect(
      Tolerance(absolute: 1e-5, relative: 0).misses(
        biasGradient, for: [column.elements.reduce(0, +)]) == [])
  }

  private func head(inputs: Int) -> (OutputHead, Layout) {
    var plan = ParameterPlan()
    let head = OutputHead(inputs: inputs, in: &plan)
    return (head, plan.layout)
  }

  private func logits(
    _ head: OutputHead, _ s: borrowing Tensor, _ parameters: borrowing Buffer
  ) -> [Float] {
    var logits = [Float](repeating: 0, count: s.rows)
    do {
      var span = logits.mutableSpan
      head.forward(s.matrix, parameters: parameters, into: &span)
    }
    return logits
  }
}
