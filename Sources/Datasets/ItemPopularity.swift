internal import Glibc
internal import Kernels

/// Items that are met with a probability that falls with a power of their popularity rank (Zipf).
struct ItemPopularity: Sendable {
  /// The item of each popularity rank, the most popular first.
  private let order: [Int32]
  /// The summed weights up to and including each popularity rank.
  private let cumulative: [Double]

  /// Items in a random order of popularity, weighted by `rank ^ -exponent`, ranks from 1.
  init(items: Int, exponent: Double, stream: RandomStream) {
    order = stream.permutation(count: items)
    var sum = 0.0
    cumulative = (1...items).map { rank in
      sum += pow(Double(rank), -exponent)
      return sum
    }
  }

  /// The item at a point of `[0, 1)` of the distribution.
  ///
  /// - Complexity: O(log items).
  func item(at point: Double) -> Int {
    let target = point * (cumulative.last ?? 0)
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return Int(order[low])
  }
}
