/// How far a result in single precision may lie from the one in double precision.
public struct Tolerance: Hashable, Sendable {
  /// The part that does not depend on the value.
  public var absolute: Double
  /// The factor of the value's magnitude.
  public var relative: Double

  /// Creates a tolerance of `absolute + relative · |expected|`.
  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  /// Whether a value is close enough; a NaN never is.
  public func accepts(_ found: Float, for expected: Double) -> Bool {
    abs(Double(found) - expected) <= absolute + relative * abs(expected)
  }

  /// One line for each value that is too far off.
  public func misses(_ found: [Float], for expected: [Double], _ name: String = "") -> [String] {
    guard found.count == expected.count else {
      return ["\(name): \(found.count) values for \(expected.count)"]
    }
    return found.indices.lazy.filter { !accepts(found[$0], for: expected[$0]) }.map {
      "\(name)[\($0)]: expected \(expected[$0]), found \(found[$0])"
    }
  }
}
