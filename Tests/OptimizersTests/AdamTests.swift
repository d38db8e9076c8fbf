import Kernels
import Optimizers
import Reference
import Testing

@Suite struct AdamTests {
  /// What rounding to single precision does to a parameter of 0.01 in fifty steps of 0.001: half a
  /// unit in the last place, 5e-10, each, and beta2 itself is rounded.
  private let tolerance = Tolerance(absolute: 2e-8, relative: 0)

  @Test(arguments: [(1, 0.009612574), (5, 0.007542451), (10, 0.004695583)])
  func `a parameter without data shrinks by its penalty alone`(steps: Int, expected: Double) {
    let w = trajectory(from: 0.01, l2: 1e-5, gradients: Array(repeating: 0, count: steps))
    #expect(tolerance.misses([w[steps - 1]], for: [expected]) == [])
  }

  @Test(arguments: [(1, -0.001), (5, -0.002970905), (20, -0.005303333), (50, -0.005964999)])
  func `momentum goes on after one gradient`(steps: Int, expected: Double) {
    let w = trajectory(from: 0, gradients: [1] + Array(repeating: 0, count: steps - 1))
    #expect(tolerance.misses([w[steps - 1]], for: [expected]) == [])
  }

  @Test(arguments: [2, -0.5, 1e-3, 1e4] as [Float])
  func `the first step is the learning rate against the gradient`(gradient: Float) {
    // m = (1 - β1) g and v = (1 - β2) g²; the correction cancels both factors, but for ε.
    let g = Double(gradient)
    let expected = -1e-3 * g / (abs(g) + 1e-8 / 0.001.squareRoot())
    let w = trajectory(from: 0, gradients: [gradient])
    #expect(Tolerance(absolute: 0, relative: 1e-6).misses(w, for: [expected]) == [])
  }

  @Test func `a constant gradient moves a parameter by the learning rate each step`() {
    let w = trajectory(from: 1, gradients: Array(repeating: 3, count: 100))
    let expected = (1...100).map { 1 - 1e-3 * Double($0) }
    // Each step rounds a parameter around one, by 2^-25 on average.
    #expect(Tolerance(absolute: 5e-6, relative: 0).misses(w, for: expected) == [])
  }

  @Test(arguments: [0, 1e-5, 1e-2])
  func `many parameters agree with double precision`(l2: Double) {
    let gradients = (0..<60).map { RandomStream(seed: UInt64($0), purpose: .synthesis).floats(37) }
    let start = RandomStream(seed: 99, purpose: .synthesis).floats(37)
    var references = start.map { ReferenceAdam(Double($0)) }
    var parameters = Buffer(count: 37)
    store(start, in: &parameters)
    var adam = Adam(AdamConfiguration(), for: 0..<37)
    for gradient in gradients {
      adam.beginStep()
      adam.update(0..<37, of: &parameters, gradients: gradient.span, l2: Float(l2))
      for index in references.indices {
        references[index].update(gradient: Double(gradient[index]), l2: l2)
      }
      // Gradients around one: the direction is good to six digits, the parameters are rounded.
      #expect(
        Tolerance(absolute: 5e-6, relative: 0).misses(
          floats(of: parameters.span), for: references.map(\.parameter)) == [])
    }
  }

  @Test func `a quadratic is minimised`() {
    let target: [Float] = [0.3, -0.2, 0.05, 0]
    var parameters = Buffer(count: 4)
    var adam = Adam(AdamConfiguration(learningRate: 1e-2), for: 0..<4)
    for _ in 0..<2000 {
      let gradients = zip(floats(of: parameters.span), target).map { 2 * ($0 - $1) }
      adam.beginStep()
      adam.update(0..<4, of: &parameters, gradients: gradients.span)
    }
    #expect(
      Tolerance(absolute: 1e-4, relative: 0).misses(
        floats(of: parameters.span), for: target.map(Double.init)) == [])
  }

  @Test(arguments: [0, 1, 7, 15, 16, 17, 33])
  func `what a step does not update keeps its bits`(count: Int) {
    let total = count + 20
    let start = RandomStream(seed: 1, purpose: .synthesis).floats(total)
    let gradients = RandomStream(seed: 2, purpose: .synthesis).floats(total)
    let updated = 11..<11 + count
    var parameters = Buffer(count: total)
    store(start, in: &parameters)
    var adam = Adam(AdamConfiguration(), for: 0..<total)
    adam.beginStep()
    adam.update(
      updated, of: &parameters, gradients: gradients.span.extracting(updated), l2: 0.1)
    let after = floats(of: parameters.span)
    for index in 0..<total {
      #expect((after[index].bitPattern == start[index].bitPattern) == !updated.contains(index))
    }
    // Their moments were not touched either: a fresh state at the same step moves them alike.
    var fresh = Adam(AdamConfiguration(), for: 0..<total)
    var other = Buffer(count: total)
    store(after, in: &other)
    fresh.beginStep()
    fresh.beginStep()
    adam.beginStep()
    for rest in [0..<11, 11 + count..<total] {
      adam.update(rest, of: &parameters, gradients: gradients.span.extracting(rest))
      fresh.update(rest, of: &other, gradients: gradients.span.extracting(rest))
    }
    #expect(parameters.bits(0..<total) == other.bits(0..<total))
  }

  @Test func `updating by ranges gives the bits of updating at once`() {
    let start = RandomStream(seed: 1, purpose: .synthesis).floats(50)
    let gradients = RandomStream(seed: 2, purpose: .synthesis).floats(50)
    var whole = Buffer(count: 60)
    var parts = Buffer(count: 60)
    store([Float](repeating: 0, count: 10) + start, in: &whole)
    store([Float](repeating: 0, count: 10) + start, in: &parts)
    var adam = Adam(AdamConfiguration(), for: 10..<60)
    var other = Adam(AdamConfiguration(), for: 10..<60)
    for _ in 0..<3 {
      adam.beginStep()
      adam.update(10..<60, of: &whole, gradients: gradients.span)
      other.beginStep()
      for range in [0..<1, 1..<8, 8..<25, 25..<50] {
        other.update(
          range.lowerBound + 10..<range.upperBound + 10, of: &parts,
          gradients: gradients.span.extracting(range))
      }
    }
    #expect(whole.bits(0..<60) == parts.bits(0..<60))
  }

  @Test func `a misuse traps`() async {
    await #expect(processExitsWith: .failure) {
      var parameters = Buffer(count: 4)
      var adam = Adam(AdamConfiguration(), for: 0..<4)
      adam.update(0..<1, of: &parameters, gradients: ([1] as [Float]).span)
    }
    await #expect(processExitsWith: .failure) {
      var parameters = Buffer(count: 4)
      var adam = Adam(AdamConfiguration(), for: 1..<4)
      adam.beginStep()
      adam.update(0..<1, of: &parameters, gradients: ([1] as [Float]).span)
    }
    await #expect(processExitsWith: .failure) {
      var parameters = Buffer(count: 4)
      var adam = Adam(AdamConfiguration(), for: 0..<4)
      adam.beginStep()
      adam.update(0..<2, of: &parameters, gradients: ([1] as [Float]).span)
    }
  }

  /// The parameter after each step.
  private func trajectory(from start: Float, l2: Float = 0, gradients: [Float]) -> [Float] {
    var parameters = Buffer(count: 1)
    store([start], in: &parameters)
    var adam = Adam(AdamConfiguration(), for: 0..<1)
    return gradients.map { gradient in
      adam.beginStep()
      adam.update(0..<1, of: &parameters, gradients: [gradient].span, l2: l2)
      return floats(of: parameters.span)[0]
    }
  }

  private func store(_ values: [Float], in buffer: inout Buffer) {
    var span = buffer.mutableSpan
    for index in values.indices { span[index] = values[index] }
  }
}
