import Kernels
import Layers
import Reference
import Testing

@Suite struct CompressedInteractionTests {
  @Test func `a case worked by hand`() {
    // Two fields of width 2, e_0 = (1, 2) and e_1 = (3, -1). Products of the first layer, by column:
    // c = 0: (1, 3, 3, 9); c = 1: (4, -2, -2, 1).
    // Map 0 = Z_00 - 2 gives (-1, 2), so X^1 = (0, 2); map 1 = Z_01 + Z_11 + 1 gives (13, 0).
    // Products of the second: (e_0 X^1, e_1 X^1) = (0, 0) and (4, -2).
    // Its map = Z_0 / 2 - Z_1 + 1/4 gives (1/4, 17/4).
    var fixture = InteractionFixture(.compressed(maps: [2, 1]), fields: 2, width: 2, count: 1)
    let values: [String: [Float]] = [
      "cin.0.weight": [1, 0, 0, 1, 0, 0, 0, 1], "cin.0.bias": [-2, 1],
      "cin.1.weight": [0.5, -1], "cin.1.bias": [0.25], "cin.output.weight": [1, -2],
      "cin.output.bias": [0.5],
    ]
    for entry in fixture.plan.layout.entries {
      fixture.parameters.store(values[entry.name] ?? [], in: entry.slot)
    }
    fixture.arena.store([1, 2, 3, -1], in: fixture.input, rows: 1)
    // 13 - 2 (1/4 + 17/4) + 1/2, on top of 10.
    #expect(fixture.forward(addingTo: 10) == [14.5])

    // With dz = 2: the gradients of the maps are 2 for map 1 at c = 0 and -4 for the second layer's.
    // dX^1 = -4 (e_0 / 2 - e_1) is (10, -8), of which ReLU lets the second through.
    let gradients = fixture.backward(from: [2], addingTo: 1)
    let expected: [String: [Float]] = [
      "cin.0.weight": [-32, 2, 16, 6, 16, 6, -8, 18], "cin.0.bias": [-8, 2],
      "cin.1.weight": [-16, 8], "cin.1.bias": [-8], "cin.output.weight": [26, 9],
      "cin.output.bias": [2],
    ]
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      #expect(found == expected[entry.name], "\(entry.name)")
    }
    // e_0 at c = 0: 2 e_1 = 6; at c = 1: -4 X^1 / 2 and -8 · 2 e_0 = -4 - 32.
    // e_1 at c = 0: 2 (e_0 + 2 e_1) = 14; at c = 1: 4 X^1 = 8.
    #expect(fixture.values(of: fixture.inputGradient) == [7, -35, 15, 9])
  }

  @Test func `the golden logits of xDeepFM`() {
    // The golden logits of xDeepFM minus those of WDL, whose other parts are the same.
    let golden = [1.087841 + 0.216158, 2.043622 + 0.222321, 2.027275 + 0.223083]
    var fixture = InteractionFixture(
      .compressed(maps: [128, 128]), fields: 3, width: 8, count: 3)
    let fills: [String: (Int, Double)] = [
      "cin.0.weight": (92, 0.2), "cin.0.bias": (95, 0.1), "cin.1.weight": (93, 0.1),
      "cin.1.bias": (96, 0.1), "cin.output.weight": (97, 0.1), "cin.output.bias": (98, 0.1),
    ]
    for entry in fixture.plan.layout.entries {
      guard let (s, a) = fills[entry.name] else { continue }
      fixture.parameters.store(sines(s, a, count: entry.slot.count), in: entry.slot)
    }
    let tables = [sines(1, 0.5, count: 40), sines(2, 0.5, count: 56), sines(3, 0.5, count: 24)]
    let rows = [[1, 2, 0], [4, 6, 2], [3, 5, 1]]
    let x = rows.flatMap { ids in
      zip(tables, ids).flatMap { table, id in table[id * 8..<(id + 1) * 8] }
    }
    fixture.arena.store(x, in: fixture.input, rows: 3)
    // Each of the printed logits is rounded to six digits, and was computed in single precision.
    #expect(
      Tolerance(absolute: 3e-6, relative: 0).misses(fixture.forward(), for: golden) == [])
  }

  @Test func `tensors have the sizes and the start of the reference`() {
    let fixture = InteractionFixture(
      .compressed(maps: [128, 128]), fields: 3, width: 8, count: 1)
    let entries = fixture.plan.layout.entries
    #expect(
      entries.map { "\($0.name) \($0.slot.rows)x\($0.slot.columns)" } == [
        "cin.0.weight 9x128", "cin.0.bias 1x128", "cin.1.weight 192x128", "cin.1.bias 1x128",
        "cin.output.weight 192x1", "cin.output.bias 1x1",
      ])
    var parameters = Buffer(fixture.plan.layout)
    fixture.plan.initialise(&parameters, seed: 1)
    for entry in entries {
      let largest = floats(of: parameters.span(entry.slot)).map(abs).max() ?? 0
      let limit: Float =
        switch entry.name {
        case "cin.0.weight": Float((6.0 / 137).squareRoot())
        case "cin.1.weight": Float((6.0 / 320).squareRoot())
        case "cin.output.weight": Float(2 * (2.0 / 193).squareRoot() / 0.87962566)
        default: 0
        }
      #expect(largest <= limit * 1.000001 && largest >= limit * 0.9, "\(entry.name)")
    }
  }

  @Test(arguments: [(8, 25_929 * 8 + 192), (128, 25_929 * 128 + 192)])
  func `the cost is that of the specification`(width: Int, cost: Int) {
    let fixture = InteractionFixture(
      .compressed(maps: [128, 128]), fields: 3, width: width, count: 1)
    #expect(fixture.multiplyAdds == cost)
  }

  @Test func `a NaN in an embedding shows in the logit`() {
    let fixture = InteractionFixture(.compressed(maps: [4, 3]), fields: 2, width: 3, count: 2)
    var values = fixture.values(of: fixture.input)
    values[1] = .nan
    fixture.arena.store(values, in: fixture.input, rows: 2)
    let logits = fixture.forward()
    #expect(logits[0].isNaN && logits[1].isFinite)
  }

  @Test func `an odd layer below another traps`() async {
    await #expect(processExitsWith: .failure) {
      _ = InteractionFixture(.compressed(maps: [3, 2]), fields: 2, width: 2, count: 1)
    }
  }
}
