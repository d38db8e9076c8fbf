import Kernels
import Reference
import Testing

@Suite struct GatherTests {
  @Test(arguments: [0, 1, 2, 7, 8, 9, 128], [0, 1, 5, 17])
  func `rows are gathered by id`(width: Int, count: Int) {
    let table = Tensor(
      rows: 11, columns: width, randomFrom: RandomStream(seed: 1, purpose: .synthesis))
    let ids = (0..<count).map { Int32($0 * 7 % 11) }
    var y = Tensor(rows: count, columns: width + 3, repeating: -9)
    do {
      var whole = y.mutableMatrix
      var view = whole.columns(2..<2 + width)
      gatherRows(of: table.matrix, ids: ids.span, into: &view)
    }
    let expected: [Float] = ids.flatMap { id -> [Float] in
      [-9, -9] + table.values[Int(id) * width..<(Int(id) + 1) * width] + [-9]
    }
    #expect(y.values == expected)
  }

  @Test(arguments: [0, 1, 5, 17])
  func `elements are added by id`(count: Int) {
    let table = RandomStream(seed: 1, purpose: .synthesis).floats(11)
    let ids = (0..<count).map { Int32($0 * 7 % 11) }
    var y = [Float](repeating: 0.5, count: count)
    do {
      var span = y.mutableSpan
      addElements(of: table.span, ids: ids.span, into: &span)
    }
    #expect(y == ids.map { 0.5 + table[Int($0)] })
  }

  @Test(arguments: [-1, 3, Int32.max, Int32.min])
  func `an id outside the table traps`(id: Int32) async {
    await #expect(processExitsWith: .failure) { [id] in
      let table = Tensor(rows: 3, columns: 2)
      var y = Tensor(rows: 1, columns: 2)
      var view = y.mutableMatrix
      gatherRows(of: table.matrix, ids: [id].span, into: &view)
    }
    await #expect(processExitsWith: .failure) { [id] in
      let table: [Float] = [1, 2, 3]
      var y: [Float] = [0]
      var span = y.mutableSpan
      addElements(of: table.span, ids: [id].span, into: &span)
    }
  }
}
