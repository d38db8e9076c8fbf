internal import CKernels

// Element-wise loops and reductions over spans. Each states its counts in one precondition, so that
// the bounds checks disappear and the loop vectorises.

/// Adds `x` to `y`.
public func add(_ x: Span<Float>, into y: inout MutableSpan<Float>) {
  precondition(x.count == y.count, "adding \(x.count) elements to \(y.count)")
  precondition(!y.extent.overlaps(x.extent), "a sum overlaps what is added")
  guard let source = unsafe x.start, let target = unsafe y.start else { return }
  // Sound: both spans hold as many elements, and do not overlap.
  unsafe ck_add(x.count, source, target)
}

/// Adds one range of `y` to another, as many elements that do not overlap it.
public func add(_ source: Range<Int>, to target: Range<Int>, of y: inout MutableSpan<Float>) {
  precondition(source.count == target.count, "adding \(source) to \(target)")
  for range in [source, target] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= y.count, "\(range) of \(y.count) elements")
  }
  precondition(!source.overlaps(target), "\(target), a sum, overlaps \(source), which is added")
  guard let start = unsafe y.start else { return }
  // Sound: both ranges lie in the span, hold as many elements, and do not overlap.
  unsafe ck_add(source.count, start + source.lowerBound, start + target.lowerBound)
}

/// Adds `factor` times `x` to `y`.
public func axpy(_ factor: Float, _ x: Span<Float>, into y: inout MutableSpan<Float>) {
  precondition(x.count == y.count, "axpy of \(x.count) elements into \(y.count)")
  for i in 0..<x.count { y[i] += factor * x[i] }
}

/// Writes `x` over `y`.
public func copy(_ x: Span<Float>, into y: inout MutableSpan<Float>) {
  precondition(x.count == y.count, "copying \(x.count) elements over \(y.count)")
  precondition(!y.extent.overlaps(x.extent), "a copy overlaps what is copied")
  guard let source = unsafe x.start, let target = unsafe y.start else { return }
  // Sound: both spans hold as many elements, and do not overlap. Faster than a loop for short spans.
  unsafe target.update(from: source, count: x.count)
}

/// Writes `factor` times `x` over `y`.
public func scale(_ x: Span<Float>, by factor: Float, into y: inout MutableSpan<Float>) {
  precondition(x.count == y.count, "scaling \(x.count) elements into \(y.count)")
  for i in 0..<x.count { y[i] = factor * x[i] }
}

/// Sets every element to `value`.
public func fill(_ y: inout MutableSpan<Float>, with value: Float) {
  for i in 0..<y.count { y[i] = value }
}

/// Sets every element to `value`.
public func fill(_ y: inout MutableMatrix, with value: Float) {
  for row in 0..<y.rows {
    var span = y[row: row]
    fill(&span, with: value)
  }
}

/// The dot product, summed in eight fixed lanes: the same bits every time.
public func dot(_ x: Span<Float>, _ y: Span<Float>) -> Float {
  precondition(x.count == y.count, "dot product of \(x.count) and \(y.count) elements")
  var lanes = SIMD8<Float>.zero
  let whole = x.count / 8 * 8
  var i = 0
  while i < whole {
    for lane in 0..<8 { lanes[lane] += x[i + lane] * y[i + lane] }
    i += 8
  }
  var total = lanes.sum()
  while i < x.count {
    total += x[i] * y[i]
    i += 1
  }
  return total
}

/// Adds every row of `x` to `y`, from the first to the last.
public func addRows(of x: Matrix, into y: inout MutableSpan<Float>) {
  for row in 0..<x.rows { add(x[row: row], into: &y) }
}

/// Whether every element is finite.
public func allFinite(_ x: Span<Float>) -> Bool {
  // The exponent bits of infinities and NaNs are all set, and of nothing else.
  var found: UInt32 = 0
  for i in 0..<x.count { found |= x[i].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 }
  return found == 0
}

/// Writes the product `x ⊙ y` over `z`.
public func product(_ x: Span<Float>, _ y: Span<Float>, into z: inout MutableSpan<Float>) {
  let count = z.count
  precondition(x.count == count && y.count == count, "\(x.count) times \(y.count) into \(count)")
  for i in 0..<count { z[i] = x[i] * y[i] }
}

/// Adds the product `x ⊙ y` to `z`.
public func addProduct(_ x: Span<Float>, _ y: Span<Float>, into z: inout MutableSpan<Float>) {
  let count = z.count
  precondition(x.count == count && y.count == count, "\(x.count) times \(y.count) into \(count)")
  for i in 0..<count { z[i] += x[i] * y[i] }
}

/// Writes `1 / sqrt(factor · x + offset)` over `y`.
public func inverseSquareRoots(
  of x: Span<Float>, times factor: Float, plus offset: Float, into y: inout MutableSpan<Float>
) {
  precondition(x.count == y.count, "roots of \(x.count) elements into \(y.count)")
  precondition(!y.extent.overlaps(x.extent), "roots overlap what they are taken of")
  guard let source = unsafe x.start, let target = unsafe y.start else { return }
  // Sound: both spans hold as many elements, and do not overlap.
  unsafe ck_inverse_square_roots(x.count, factor, offset, source, target)
}
