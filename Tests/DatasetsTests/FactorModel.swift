import Datasets
import Glibc
import Kernels

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
