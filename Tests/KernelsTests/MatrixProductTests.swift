import Kernels
import Reference
import Testing

@Suite struct MatrixProductTests {
  private static let sizes = [0, 1, 2, 7, 15, 16, 17, 64, 65]

  /// Sums of up to 65 products of numbers below one: a few units in the last place of the sum.
  private let tolerance = Tolerance(absolute: 4e-6, relative: 0)

  /// Which operand is transposed.
  enum Form: CaseIterable, Sendable { case plain, firstTransposed, secondTransposed }

  @Test(arguments: sizes, sizes)
  func `products agree with three loops`(rows: Int, columns: Int) {
    for inner in MatrixProductTests.sizes {
      for form in Form.allCases {
        for beta: Float in [0, 1, 0.5] {
          expectProduct(form, rows, inner, columns, beta: beta, margin: 0)
        }
      }
    }
  }

  @Test(arguments: Form.allCases, [0, 1, 7, 17])
  func `products work inside larger matrices`(form: Form, size: Int) {
    for beta: Float in [0, 1] {
      expectProduct(form, size, size + 1, size + 2, beta: beta, margin: 3)
    }
  }

  @Test(arguments: Form.allCases, [0, 3])
  func `what was in the result does not matter when beta is zero`(form: Form, inner: Int) {
    expectProduct(form, 4, inner, 5, beta: 0, margin: 1, start: .nan)
  }

  @Test func `the same product gives the same bits`() {
    let first = product(.plain, 33, 64, 31, beta: 0, margin: 0, start: 0).found
    let second = product(.plain, 33, 64, 31, beta: 0, margin: 0, start: 0).found
    #expect(first.map(\.bitPattern) == second.map(\.bitPattern))
  }

  @Test func `shapes that do not fit trap`() async {
    await #expect(processExitsWith: .failure) {
      let a = Tensor(rows: 2, columns: 3)
      let b = Tensor(rows: 4, columns: 5)
      var y = Tensor(rows: 2, columns: 5)
      var view = y.mutableMatrix
      multiply(a.matrix, b.matrix, into: &view)
    }
  }

  @Test func `a product over its own operand traps`() async {
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      let slot = layout.reserve("square", rows: 4, columns: 4)
      let arena = Arena(layout)
      var y = arena.mutableMatrix(slot, rows: 4)
      multiply(arena.matrix(slot, rows: 4), arena.matrix(slot, rows: 4), into: &y)
    }
  }

  @Test func `the library names its version`() {
    let parts = matrixLibraryVersion.split(separator: ".")
    #expect(parts.count == 3 && parts.allSatisfy { Int($0) != nil })
  }

  private func expectProduct(
    _ form: Form, _ rows: Int, _ inner: Int, _ columns: Int, beta: Float, margin: Int,
    start: Float = 0.25, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let result = product(form, rows, inner, columns, beta: beta, margin: margin, start: start)
    #expect(
      tolerance.misses(result.found, for: result.expected, "\(form) \(rows) \(inner) \(columns)")
        == [], sourceLocation: sourceLocation)
    #expect(result.marginIsUntouched, sourceLocation: sourceLocation)
  }

  private func product(
    _ form: Form, _ rows: Int, _ inner: Int, _ columns: Int, beta: Float, margin: Int, start: Float
  ) -> (found: [Float], expected: [Double], marginIsUntouched: Bool) {
    useOneThread()
    let stream = RandomStream(seed: 8, purpose: .synthesis)
    let shapeA = form == .firstTransposed ? (inner, rows) : (rows, inner)
    let shapeB = form == .secondTransposed ? (columns, inner) : (inner, columns)
    // Each matrix is the middle of one that is larger by `margin` on every side.
    let a = Tensor(
      rows: shapeA.0 + 2 * margin, columns: shapeA.1 + 2 * margin, randomFrom: stream.derived(1))
    let b = Tensor(
      rows: shapeB.0 + 2 * margin, columns: shapeB.1 + 2 * margin, randomFrom: stream.derived(2))
    var y = Tensor(rows: rows + 2 * margin, columns: columns + 2 * margin, repeating: start)
    let viewA = a.matrix.rows(margin..<margin + shapeA.0).columns(margin..<margin + shapeA.1)
    let viewB = b.matrix.rows(margin..<margin + shapeB.0).columns(margin..<margin + shapeB.1)
    do {
      var whole = y.mutableMatrix
      var middle = whole.rows(margin..<margin + rows)
      var view = middle.columns(margin..<margin + columns)
      switch form {
      case .plain: multiply(viewA, viewB, beta: beta, into: &view)
      case .firstTransposed: multiply(transposed: viewA, viewB, beta: beta, into: &view)
      case .secondTransposed: multiply(viewA, transposed: viewB, beta: beta, into: &view)
      }
    }
    let tableA = form == .firstTransposed ? table(of: viewA).transposed : table(of: viewA)
    let tableB = form == .secondTransposed ? table(of: viewB).transposed : table(of: viewB)
    let rest = beta == 0 ? 0 : Double(beta) * Double(start)
    let found = y.matrix.rows(margin..<margin + rows).columns(margin..<margin + columns)
    let untouched = y.values.count { $0.bitPattern == start.bitPattern }
    return (
      floats(of: found), tableA.times(tableB).elements.map { $0 + rest },
      untouched >= y.values.count - rows * columns
    )
  }
}
