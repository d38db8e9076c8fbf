import Datasets

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
