import Glibc

extension RandomStream {
  /// A number from the standard normal distribution (Box and Muller).
  public func normal(at counter: Int) -> Double {
    let radius = (-2 * log(1 - uniform(at: 2 * counter))).squareRoot()
    return radius * cos(2 * Double.pi * uniform(at: 2 * counter + 1))
  }

  /// A number from the standard normal distribution truncated at ±2, by rejection.
  public func truncatedNormal(at counter: Int) -> Double {
    let attempts = derived(counter)
    var attempt = 0
    while true {
      let value = attempts.normal(at: attempt)
      if abs(value) <= 2 { return value }
      attempt += 1
    }
  }
}
