import Glibc

/// The golden values' fill, `T(s, a)[k] = a · sin(1 + 0.37 k + 1.7 s)`, rounded to single precision.
///
/// - Source: the filling that the golden logits were made with.
public func sines(_ s: Int, _ a: Double, count: Int) -> [Float] {
  (0..<count).map { Float(a * sin(1 + 0.37 * Double($0) + 1.7 * Double(s))) }
}
