import Kernels

/// Ranges of parameters, and copies of them one behind the other.
struct ParameterRanges {
  /// The ranges, none of which overlap.
  let ranges: [Range<Int>]
  /// The floats of all of them.
  let count: Int

  /// Notes the ranges.
  init(_ ranges: [Range<Int>]) {
    self.ranges = ranges
    count = ranges.reduce(0) { $0 + $1.count }
  }

  /// Copies the ranges of parameters.
  func copy(from parameters: borrowing Buffer, to copies: inout Buffer) {
    var start = 0
    for range in ranges {
      copies.copy(range, of: parameters, to: start)
      start += range.count
    }
  }

  /// Exchanges copies with the ranges of parameters.
  func exchange(_ copies: inout Buffer, with parameters: inout Buffer) {
    var place = 0
    var mine = copies.mutableSpan
    var theirs = parameters.mutableSpan
    for index in ranges.joined() {
      let value = mine[place]
      mine[place] = theirs[index]
      theirs[index] = value
      place += 1
    }
  }

  /// Copies them back.
  func restore(_ copies: borrowing Buffer, to parameters: inout Buffer) {
    var start = 0
    for range in ranges {
      parameters.copy(start..<start + range.count, of: copies, to: range.lowerBound)
      start += range.count
    }
  }
}
