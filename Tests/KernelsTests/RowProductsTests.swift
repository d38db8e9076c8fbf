import Kernels
import Reference
import Testing

@Suite struct RowProductsTests {
  @Test func `fields are transposed sample by sample, and back`() {
    // Two samples of two fields of width 3.
    let x = Tensor(rows: 2, columns: 6, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    var y = Tensor(rows: 6, columns: 2)
    do {
      var view = y.mutableMatrix
      transposeFields(of: x.matrix, into: &view)
    }
    #expect(y.values == [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12])
    var sum = Tensor(rows: 2, columns: 6, repeating: 0.5)
    do {
      var view = sum.mutableMatrix
      addTransposedFields(y.matrix, to: &view)
    }
    #expect(sum.values == x.values.map { $0 + 0.5 })
  }

  @Test(arguments: [1, 2, 3, 7], [1, 3, 15, 16, 17, 64])
  func `products and their gradients are exact for small integers`(fields: Int, maps: Int) {
    let rows = 5
    func integers(_ count: Int, _ factor: Int) -> [Float] {
      (0..<count).map { Float($0 * factor % 13 - 6) }
    }
    let x = Tensor(rows: rows, columns: fields, integers(rows * fields, 5))
    let y = Tensor(rows: rows, columns: maps, integers(rows * maps, 7))
    let dz = Tensor(rows: rows, columns: fields * maps, integers(rows * fields * maps, 3))
    var z = Tensor(rows: rows, columns: fields * maps, repeating: .nan)
    var dx = Tensor(rows: rows, columns: fields, repeating: 1)
    var dy = Tensor(rows: rows, columns: maps, repeating: .nan)
    do {
      var products = z.mutableMatrix
      rowProducts(x.matrix, y.matrix, into: &products)
      var factors = dx.mutableMatrix
      var mapGradient = dy.mutableMatrix
      rowProductsBackward(
        x.matrix, y.matrix, productGradient: dz.matrix, addingTo: &factors, into: &mapGradient)
    }
    var expectedX = Table(rows: rows, columns: fields, repeating: 1)
    var expectedY = Table(rows: rows, columns: maps)
    for row in 0..<rows {
      for field in 0..<fields {
        for map in 0..<maps {
          let column = field * maps + map
          #expect(z.table[row, column] == x.table[row, field] * y.table[row, map])
          expectedX[row, field] += dz.table[row, column] * y.table[row, map]
          expectedY[row, map] += dz.table[row, column] * x.table[row, field]
        }
      }
    }
    #expect(dx.table == expectedX)
    #expect(dy.table == expectedY)
  }

  @Test func `rows that do not lie side by side trap`() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: 2, columns: 3)
      var z = Tensor(rows: 2, columns: 4)
      var view = z.mutableMatrix
      rowProducts(x.matrix.columns(0..<2), x.matrix.columns(0..<2), into: &view)
    }
  }
}
