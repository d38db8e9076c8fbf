import Kernels

extension Adapter {
  /// Adds `factor` times one row of `down · up`, which is what an input of one adds to the output.
  func addWeights(
    ofInput row: Int, times factor: Double, parameters: borrowing Buffer, to sum: inout RowSum
  ) {
    let hidden = parameters.matrix(down)[row: row]
    let rows = parameters.matrix(up)
    for r in 0..<rows.rows { sum.add(factor * Double(hidden[r]), times: rows[row: r]) }
  }
}
