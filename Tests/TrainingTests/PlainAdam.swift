/// Adam in the form of TensorFlow 1, in double precision, one parameter after another.
struct PlainAdam {
  private(set) var parameters: [Double]
  private var first: [Double]
  private var second: [Double]
  private var beta1Power = 1.0
  private var beta2Power = 1.0

  /// Starts without momentum.
  init(parameters: [Double]) {
    self.parameters = parameters
    first = parameters.map { _ in 0 }
    second = first
  }

  /// Takes one step of size 0.1 on the parameters that are updated.
  mutating func step(_ gradients: [Double], l2: Double, isUpdated: (Int) -> Bool) {
    beta1Power *= 0.9
    beta2Power *= 0.999
    let size = 0.1 * (1 - beta2Power).squareRoot() / (1 - beta1Power)
    for i in parameters.indices where isUpdated(i) {
      let gradient = gradients[i] + 2 * l2 * parameters[i]
      first[i] = 0.9 * first[i] + 0.1 * gradient
      second[i] = 0.999 * second[i] + 0.001 * gradient * gradient
      parameters[i] -= size * first[i] / (second[i].squareRoot() + 1e-8)
    }
  }
}
