/// The keys in ascending order: three stable passes over 11, 11 and 10 bits.
///
/// - Complexity: O(n) time, one copy of the keys.
func radixSorted(_ keys: [UInt32]) -> [UInt32] {
  var keys = keys
  var sorted = [UInt32](repeating: 0, count: keys.count)
  for shift in [0, 11, 22] as [UInt32] {
    scatter(keys.span, by: shift, into: sorted.mutableSpan)
    swap(&keys, &sorted)
  }
  return keys
}

/// One pass: moves every key behind those with a smaller digit, and keeps the order among equals.
private func scatter(
  _ keys: Span<UInt32>, by shift: UInt32, into sorted: consuming MutableSpan<UInt32>
) {
  precondition(keys.count == sorted.count, "\(keys.count) keys into \(sorted.count)")
  let digitMask: UInt32 = 1 << 11 - 1
  var starts = [Int](repeating: 0, count: Int(digitMask) + 1)
  for index in 0..<keys.count { starts[Int(keys[index] >> shift & digitMask)] += 1 }
  var start = 0
  for digit in starts.indices {
    (starts[digit], start) = (start, start + starts[digit])
  }
  for index in 0..<keys.count {
    let digit = Int(keys[index] >> shift & digitMask)
    sorted[starts[digit]] = keys[index]
    starts[digit] += 1
  }
}
