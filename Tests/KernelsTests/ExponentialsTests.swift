import Glibc
import Kernels
import Reference
import Testing

@Suite struct ExponentialsTests {
  /// The interval where the exponential is a normal number, sampled every 0.001, and its edges.
  private static let wide: [Float] =
    stride(from: -87.3, through: 88.7, by: 0.001).map { Float($0) } + [-87.3, 88.7, 0, -0.0]

  @Test func `the exponential is within two units in the last place`() {
    // Where exp(z) is below half a unit in the last place of one, sigmoid(z) is exp(z) to the bit.
    for z in ExponentialsTests.wide.filter({ $0 < -17 }) {
      #expect(ulps(sigmoids([z])[0], exp(Double(z))) <= 2, "\(z)")
    }
    // Elsewhere the sum and the quotient of a softmax round once more each.
    for z in ExponentialsTests.wide.filter({ -17 <= $0 && $0 <= 0 }) {
      let weights = softmax([[z, 0]])
      #expect(ulps(weights[0], exp(Double(z)) / (1 + exp(Double(z)))) <= 4, "\(z)")
    }
  }

  @Test func `the exponential of extremes is zero`() {
    #expect(sigmoids([-.infinity, -1000, -100, -87.4]) == [0, 0, 0, 0])
    #expect(softmax([[-.infinity, -1000, -87.4, 0]]) == [0, 0, 0, 1])
    #expect(softmax([[.nan, 0]]).allSatisfy { $0.isNaN })
  }

  @Test(arguments: [1, 2, 7, 8, 9, 31])
  func `softmax agrees with double precision`(columns: Int) {
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    let rows = (0..<33).map { row in
      stream.derived(row).floats(columns).map { $0 * Float(1 + row * 3) }
    }
    let x = Table(rows: 33, columns: columns, rows.joined().map(Double.init))
    // The distance to the largest logit, up to 200, is rounded: by at most 2^-17, which is what the
    // exponential is then off by, relative to itself.
    #expect(
      Tolerance(absolute: 1e-37, relative: 1e-5).misses(
        softmax(rows), for: referenceSoftmax(x).elements) == [])
  }

  @Test func `softmax takes any finite logits`() {
    let largest = Float.greatestFiniteMagnitude
    #expect(softmax([[100, -100]]) == [1, 0])
    #expect(softmax([[-1000, -1000]]) == [0.5, 0.5])
    #expect(softmax([[largest, 0, -largest]]) == [1, 0, 0])
    #expect(softmax([[-.infinity, 3]]) == [0, 1])
    #expect(softmax([[7]]) == [1])
    #expect(softmax([[], []]) == [])
  }

  @Test func `softmax of a view leaves the rest alone`() {
    var x = Tensor(rows: 2, columns: 4, [9, 0, 0, 9, 9, 0, 0, 9])
    do {
      var whole = x.mutableMatrix
      var view = whole.columns(1..<3)
      softmaxRows(&view)
    }
    #expect(x.values == [9, 0.5, 0.5, 9, 9, 0.5, 0.5, 9])
  }

  @Test func `sigmoid is accurate over its whole range`() {
    let z = ExponentialsTests.wide
    let p = sigmoids(z)
    for index in z.indices {
      let expected = 1 / (1 + exp(-Double(z[index])))
      #expect(ulps(p[index], expected) <= 4, "\(z[index])")
    }
  }

  @Test func `sigmoid of extremes is zero, one half or one`() {
    let extremes: [Float] = [-.infinity, -1000, -100, 0, -0.0, 100, 1000, .infinity]
    #expect(sigmoids(extremes) == [0, 0, 0, 0.5, 0.5, 1, 1, 1])
    #expect(sigmoids([.nan])[0].isNaN)
    #expect(sigmoids([]) == [])
  }

  @Test(arguments: [0, 1] as [Float])
  func `cross-entropy is accurate over its whole range`(label: Float) {
    let z = stride(from: -80, through: 80, by: 0.0037).map { Float($0) } + [-80, 80, 0, -0.0]
    let (losses, derivatives) = crossEntropies(z, label: label, scale: 1)
    for index in z.indices {
      let logit = Double(z[index])
      let loss = referenceCrossEntropy(logit: logit, label: Double(label))
      #expect(ulps(losses[index], loss) <= 4, "\(logit)")
      // The derivative p - y is exact to the rounding of p.
      let derivative = 1 / (1 + exp(-logit)) - Double(label)
      #expect(abs(Double(derivatives[index]) - derivative) <= 1.2e-7, "\(logit)")
    }
  }

  @Test func `cross-entropy of known values`() {
    let (losses, derivatives) = crossEntropies([0, 0.5, -100, 100], label: 1, scale: 0.25)
    // exp(-100) is below the normal numbers of single precision, which round to zero here.
    #expect(
      Tolerance(absolute: 1e-38, relative: 1e-6).misses(
        losses, for: [0.693147181, 0.474076984, 100, 3.720075976e-44]) == [])
    #expect(
      Tolerance(absolute: 1e-8, relative: 1e-6).misses(
        derivatives, for: [-0.125, -0.094385167, -0.25, 0]) == [])
  }

  @Test(arguments: [0, 1, 7, 15, 16, 17])
  func `every element counts, and none beyond`(count: Int) {
    let z = RandomStream(seed: 9, purpose: .synthesis).floats(count)
    let alone = z.map { sigmoids([$0])[0] }
    #expect(sigmoids(z).map(\.bitPattern) == alone.map(\.bitPattern))
    let together = crossEntropies(z, label: 1, scale: 0.5)
    #expect(together.losses == z.map { crossEntropies([$0], label: 1, scale: 0.5).losses[0] })
  }

  @Test func `other counts trap`() async {
    await #expect(processExitsWith: .failure) {
      let z: [Float] = [1, 2]
      var p: [Float] = [0]
      var span = p.mutableSpan
      sigmoid(z.span, into: &span)
    }
  }

  /// The distance from the exact value in units in the last place of its rounding.
  private func ulps(_ found: Float, _ expected: Double) -> Double {
    abs(Double(found) - expected) / Double(Float(expected).ulp)
  }

  private func softmax(_ rows: [[Float]]) -> [Float] {
    var x = Tensor(rows: rows.count, columns: rows[0].count, Array(rows.joined()))
    do {
      var view = x.mutableMatrix
      softmaxRows(&view)
    }
    return x.values
  }

  private func sigmoids(_ z: [Float]) -> [Float] {
    var p = [Float](repeating: .nan, count: z.count)
    var span = p.mutableSpan
    sigmoid(z.span, into: &span)
    return p
  }

  private func crossEntropies(
    _ z: [Float], label: Float, scale: Float
  ) -> (losses: [Float], derivatives: [Float]) {
    let labels = [Float](repeating: label, count: z.count)
    var losses = [Float](repeating: .nan, count: z.count)
    var derivatives = losses
    do {
      var lossSpan = losses.mutableSpan
      var derivativeSpan = derivatives.mutableSpan
      crossEntropy(
        logits: z.span, labels: labels.span, scale: scale, losses: &lossSpan,
        derivatives: &derivativeSpan)
    }
    return (losses, derivatives)
  }
}
