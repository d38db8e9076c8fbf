/// Adam for one parameter in double precision, written as the specification has it.
struct ReferenceAdam {
  var learningRate = 1e-3
  private var step = 0
  private var m = 0.0
  private var v = 0.0
  private(set) var parameter: Double

  init(_ parameter: Double) { self.parameter = parameter }

  mutating func update(gradient: Double, l2: Double = 0) {
    step += 1
    let g = gradient + 2 * l2 * parameter
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<step { (power1, power2) = (power1 * 0.9, power2 * 0.999) }
    let stepSize = learningRate * (1 - power2).squareRoot() / (1 - power1)
    parameter -= stepSize * m / (v.squareRoot() + 1e-8)
  }
}
