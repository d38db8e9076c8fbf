import Kernels
import Reference
import Testing

@Suite struct TransposeTests {
  @Test(arguments: [0, 1, 7, 8, 9, 17, 32], [0, 1, 7, 8, 9, 17, 32])
  func `views are transposed, written and added`(rows: Int, columns: Int) {
    let x = Tensor(
      rows: rows, columns: columns + 2, randomFrom: RandomStream(seed: 1, purpose: .synthesis))
    var y = Tensor(rows: columns, columns: rows + 3, repeating: -9)
    do {
      var whole = y.mutableMatrix
      var view = whole.columns(2..<2 + rows)
      transpose(x.matrix.columns(1..<1 + columns), into: &view)
    }
    let written = y.table
    for row in 0..<columns {
      #expect(written[row, 0] == -9 && written[row, 1] == -9 && written[row, rows + 2] == -9)
      for column in 0..<rows { #expect(written[row, 2 + column] == x.table[column, 1 + row]) }
    }
    do {
      var whole = y.mutableMatrix
      var view = whole.columns(2..<2 + rows)
      addTransposed(x.matrix.columns(1..<1 + columns), to: &view)
    }
    let doubled = y.table
    for row in 0..<columns {
      #expect(doubled[row, 0] == -9 && doubled[row, 1] == -9 && doubled[row, rows + 2] == -9)
      for column in 0..<rows { #expect(doubled[row, 2 + column] == 2 * written[row, 2 + column]) }
    }
  }

  @Test func `another shape traps`() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: 2, columns: 3)
      var y = Tensor(rows: 2, columns: 3)
      var view = y.mutableMatrix
      transpose(x.matrix, into: &view)
    }
  }
}
