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
    #expect(inputGradient(head, dz, parameters, columns: 3) == [0.5, -1, 0.25, -1, 2, -0.5])
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

  @Test func `a case with features worked by hand`() {
    let (head, layout) = head(features: 2, inputs: 1)
    var parameters = Buffer(layout)
    parameters.store([1, -2, 3], in: head.weight)
    parameters.store([0.25], in: head.bias)
    let s = Tensor(rows: 2, columns: 1, [2, -1])
    let f = Tensor(rows: 2, columns: 2, [1, 2, 4, 0])
    // 6 + 1/4 and -3 + 1/4, and from the features 1 - 4 and 4.
    #expect(logits(head, s, features: f, parameters) == [3.25, 1.25])
    let dz: [Float] = [0.5, -1]
    var gradients = Buffer(layout)
    gradients.store(repeating: .nan)
    head.accumulate(s.matrix, logitGradient: dz.span, gradients: &gradients)
    head.accumulateFeatures(f.matrix, logitGradient: dz.span, gradients: &gradients)
    #expect(floats(of: gradients.span(head.weight)) == [-3.5, 1, 2])
    #expect(floats(of: gradients.span(head.bias)) == [-0.5])
    #expect(inputGradient(head, dz, parameters, columns: 1) == [1.5, -3])
    #expect(featureGradient(head, dz, parameters, columns: 2) == [0.5, -1, -1, 2])
  }

  @Test func `logits of some rows are added where they lie`() {
    let (head, layout) = head(inputs: 1)
    var parameters = Buffer(layout)
    parameters.store([2], in: head.weight)
    parameters.store([0.25], in: head.bias)
    let s = Tensor(rows: 2, columns: 1, [3, -1])
    var logits: [Float] = [1, 1, 1, 1]
    do {
      var span = logits.mutableSpan
      head.forward(s.matrix, parameters: parameters, into: &span, at: 1)
    }
    #expect(logits == [1, 7.25, -0.75, 1])
  }

  @Test(arguments: [1, 8, 24, 65], [0, 1, 7, 128])
  func `features are those of a head that reads them before its input`(features: Int, count: Int) {
    let inputs = 7
    let (head, layout) = head(features: features, inputs: inputs)
    var parameters = Buffer(layout)
    parameters.randomise(layout, limit: 1, seed: 1)
    let stream = RandomStream(seed: 2, purpose: .synthesis)
    let s = Tensor(rows: count, columns: inputs, randomFrom: stream)
    let f = Tensor(rows: count, columns: features, randomFrom: stream.derived(1))
    let dz = stream.derived(2).floats(count)
    var gradients = Buffer(layout)
    gradients.store(repeating: .nan)
    head.accumulateFeatures(f.matrix, logitGradient: dz.span, gradients: &gradients)
    head.accumulate(s.matrix, logitGradient: dz.span, gradients: &gradients)

    let x = f.table.beside(s.table)
    let w = table(of: parameters.matrix(head.weight))
    let bias = Double(floats(of: parameters.span(head.bias))[0])
    let column = Table(rows: count, columns: 1, dz.map(Double.init))
    #expect(
      tolerance.misses(
        logits(head, s, features: f, parameters), for: x.times(w).elements.map { $0 + bias }) == [])
    // Sums of up to 128 products, one after the other.
    #expect(
      Tolerance(absolute: 1e-5, relative: 0).misses(
        floats(of: gradients.span(head.weight)), for: x.transposed.times(column).elements) == [])
    let dx = column.times(w.transposed)
    let df = featureGradient(head, dz, parameters, columns: features)
    let ds = inputGradient(head, dz, parameters, columns: inputs)
    for row in 0..<count {
      let found =
        df[row * features..<(row + 1) * features] + ds[row * inputs..<(row + 1) * inputs]
      #expect(tolerance.misses(Array(found), for: dx.row(row).elements) == [])
    }
  }

  private func head(features: Int = 0, inputs: Int) -> (OutputHead, Layout) {
    var plan = ParameterPlan()
    let head = OutputHead(features: features, inputs: inputs, in: &plan)
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

  private func logits(
    _ head: OutputHead, _ s: borrowing Tensor, features f: borrowing Tensor,
    _ parameters: borrowing Buffer
  ) -> [Float] {
    var logits = logits(head, s, parameters)
    do {
      var span = logits.mutableSpan
      head.addFeatures(f.matrix, parameters: parameters, into: &span)
    }
    return logits
  }

  private func inputGradient(
    _ head: OutputHead, _ dz: [Float], _ parameters: borrowing Buffer, columns: Int
  ) -> [Float] {
    var ds = Tensor(rows: dz.count, columns: columns, repeating: .nan)
    do {
      var view = ds.mutableMatrix
      head.inputGradient(logitGradient: dz.span, parameters: parameters, into: &view)
    }
    return ds.values
  }

  private func featureGradient(
    _ head: OutputHead, _ dz: [Float], _ parameters: borrowing Buffer, columns: Int
  ) -> [Float] {
    var df = Tensor(rows: dz.count, columns: columns, repeating: .nan)
    do {
      var view = df.mutableMatrix
      head.featureGradient(logitGradient: dz.span, parameters: parameters, into: &view)
    }
    return df.values
  }
}
