import Datasets
import Glibc
import Kernels

/// The power of a number, by name for tests.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// The share of (positive, negative) pairs in the right order, by sorting; scores without ties.
func areaUnderCurve(_ labels: [UInt8], _ scores: [Double]) -> Double {
  let order = scores.indices.sorted { scores[$0] < scores[$1] }
  let positives = labels.count { $0 == 1 }
  let rankSum = order.enumerated().reduce(0) { $0 + (labels[$1.element] == 1 ? $1.offset + 1 : 0) }
  return Double(rankSum - positives * (positives + 1) / 2)
    / Double(positives * (labels.count - positives))
}

/// Predicts an item's smoothed share of positives: popularity alone.
struct ItemRates {
  private var rows: [Double]
  private var positives: [Double]

  init(count: Int) {
    rows = Array(repeating: 20, count: count)
    positives = Array(repeating: 5, count: count)
  }

  mutating func learn(_ examples: LabelledRows) {
    for row in 0..<examples.count {
      rows[Int(examples.ids[1][row])] += 1
      positives[Int(examples.ids[1][row])] += Double(examples.labels[row])
    }
  }

  func score(_ examples: LabelledRows, _ row: Int) -> Double {
    let item = Int(examples.ids[1][row])
    // A trace of the row breaks ties between rows of one item.
    return positives[item] / rows[item] + Double(row * 7919 % 10_007) * 1e-12
  }
}

/// Logistic matrix factorisation with biases, by stochastic gradient descent.
struct FactorModel {
  private let rank = 4
  private let rate = 0.05
  private let decay = 0.02
  private var userBias: [Double]
  private var itemBias: [Double]
  private var userFactors: [Double]
  private var itemFactors: [Double]

  init(users: Int, items: Int) {
    let stream = RandomStream(seed: 1, purpose: .initialisation)
    func small(_ index: Int, _ count: Int) -> [Double] {
      let stream = stream.derived(index)
      return (0..<count).map { 0.1 * stream.normal(at: $0) }
    }
    userBias = Array(repeating: 0, count: users)
    itemBias = Array(repeating: 0, count: items)
    userFactors = small(0, users * rank)
    itemFactors = small(1, items * rank)
  }

  func score(_ examples: LabelledRows, _ row: Int) -> Double {
    let (user, item) = (Int(examples.ids[0][row]), Int(examples.ids[1][row]))
    return (0..<rank).reduce(userBias[user] + itemBias[item]) {
      $0 + userFactors[user * rank + $1] * itemFactors[item * rank + $1]
    }
  }

  mutating func learn(_ examples: LabelledRows) {
    for row in 0..<examples.count {
      let (user, item) = (Int(examples.ids[0][row]), Int(examples.ids[1][row]))
      let error = Double(examples.labels[row]) - 1 / (1 + exp(-score(examples, row)))
      userBias[user] += rate * (error - decay * userBias[user])
      itemBias[item] += rate * (error - decay * itemBias[item])
      for k in 0..<rank {
        let (x, y) = (userFactors[user * rank + k], itemFactors[item * rank + k])
        userFactors[user * rank + k] += rate * (error * y - decay * x)
        itemFactors[item * rank + k] += rate * (error * x - decay * y)
      }
    }
  }
}
