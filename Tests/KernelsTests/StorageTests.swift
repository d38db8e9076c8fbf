import Kernels
import Reference
import Testing

@Suite struct StorageTests {
  @Test func `slots are disjoint, aligned and in order`() {
    var layout = Layout()
    let slots = [0, 1, 2, 7, 15, 16, 17, 33].map { layout.reserve("s", rows: 3, columns: $0) }
    for (slot, next) in zip(slots, slots.dropFirst()) {
      #expect(slot.range.upperBound <= next.offset)
      #expect(next.offset - slot.range.upperBound < 16)
    }
    #expect(slots.allSatisfy { $0.offset % 16 == 0 })
    #expect(layout.count % 16 == 0 && layout.count >= slots[7].range.upperBound)
    #expect(layout.entries.map(\.slot) == slots)
    #expect(
      layout.entries(in: slots[2].offset..<slots[4].offset).map(\.slot) == [slots[2], slots[3]])
  }

  @Test(arguments: [0, 1, 7, 16, 1000])
  func `a buffer starts at zero`(count: Int) {
    let buffer = Buffer(count: count)
    #expect(buffer.bits(0..<count) == [UInt32](repeating: 0, count: count))
  }

  @Test func `copying and clearing change a range and nothing else`() {
    var first = Buffer(count: 5)
    first.store(repeating: 1)
    var second = Buffer(count: 5)
    second.store(repeating: 2)
    first.copy(1..<3, from: second)
    #expect(floats(of: first.span) == [1, 2, 2, 1, 1])
    first.zero(2..<4)
    #expect(floats(of: first.span) == [1, 2, 0, 0, 1])
  }

  @Test func `rows and columns of views are those of the matrix`() {
    let x = Tensor(rows: 3, columns: 4, (0..<12).map(Float.init))
    #expect(floats(of: x.matrix.rows(1..<3)) == [4, 5, 6, 7, 8, 9, 10, 11])
    #expect(floats(of: x.matrix.columns(1..<3)) == [1, 2, 5, 6, 9, 10])
    #expect(floats(of: x.matrix.columns(1..<3).rows(2..<3)) == [9, 10])
    #expect(floats(of: x.matrix.rows(1..<1)) == [])
    #expect(floats(of: x.matrix.columns(4..<4)) == [])
  }

  @Test func `a range beyond a buffer traps`() async {
    await #expect(processExitsWith: .failure) { _ = Buffer(count: 4).span(2..<5).count }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer(count: 4)
      _ = buffer.mutableSpan(2..<5).count
    }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer(count: 4)
      buffer.zero(2..<5)
    }
    await #expect(processExitsWith: .failure) {
      var buffer = Buffer(count: 4)
      buffer.copy(0..<3, from: Buffer(count: 3))
    }
    await #expect(processExitsWith: .failure) { _ = Buffer(count: -1).count }
  }

  @Test func `a slot of another layout traps`() async {
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      let slot = layout.reserve("large", rows: 5, columns: 5)
      _ = Buffer(count: 24).matrix(slot).rows
    }
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      let slot = layout.reserve("large", rows: 5, columns: 5)
      let arena = Arena(Layout())
      _ = arena.matrix(slot, rows: 5).rows
    }
  }

  @Test func `more rows than a slot of an arena has trap`() async {
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      let slot = layout.reserve("slot", rows: 5, columns: 5)
      let arena = Arena(layout)
      _ = arena.mutableMatrix(slot, rows: 6).rows
    }
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      let slot = layout.reserve("slot", rows: 5, columns: 5)
      let arena = Arena(layout)
      _ = arena.matrix(slot, rows: -1).rows
    }
  }

  @Test func `rows and columns beyond a view trap`() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: 3, columns: 4)
      _ = x.matrix[row: 3].count
    }
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: 3, columns: 4)
      _ = x.matrix.columns(2..<5).rows
    }
    await #expect(processExitsWith: .failure) {
      var x = Tensor(rows: 3, columns: 4)
      var view = x.mutableMatrix
      _ = view.rows(0..<4).rows
    }
    await #expect(processExitsWith: .failure) {
      var x = Tensor(rows: 3, columns: 4)
      var view = x.mutableMatrix
      _ = view[row: -1].count
    }
  }

  @Test func `a slot of a negative size traps`() async {
    await #expect(processExitsWith: .failure) {
      var layout = Layout()
      _ = layout.reserve("negative", rows: -1, columns: 2)
    }
  }
}
