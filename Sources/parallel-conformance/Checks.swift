import MPI

/// A result that is not what it should be.
struct CheckFailure: Error, CustomStringConvertible {
  let description: String
}

/// Throws unless the value found is the one expected.
func expect<Value: Equatable>(
  _ found: Value, equals expected: Value, _ what: String
) throws(CheckFailure) {
  guard found != expected else { return }
  throw CheckFailure(description: "\(what): expected \(expected), found \(found)")
}

/// Throws unless every element is what the formula gives for its index.
func expect<Element: Equatable>(
  _ found: [Element], _ what: String, equals formula: (Int) -> Element
) throws(CheckFailure) {
  for (index, element) in found.enumerated() {
    try expect(element, equals: formula(index), "\(what), element \(index) of \(found.count)")
  }
}

/// The error that the body throws; throws itself if the body throws none.
func caught(
  _ what: String, _ body: () throws(MPIError) -> Void
) throws(CheckFailure) -> MPIError {
  do { try body() } catch { return error }
  throw CheckFailure(description: "\(what): expected an error, found none")
}

/// The element that a rank contributes at an index: small, whole and different for neighbouring
/// ranks and indices, so that sums over a few ranks are exact in every element type.
func contribution<Element: Numeric>(of rank: Int, at index: Int) -> Element {
  Element(exactly: (rank + 1) * (index % 5 + 1)) ?? .zero
}

/// All contributions of a rank.
func contributions<Element: Numeric>(
  of rank: Int, count: Int, as type: Element.Type = Element.self
) -> [Element] {
  (0..<count).map { contribution(of: rank, at: $0) }
}
