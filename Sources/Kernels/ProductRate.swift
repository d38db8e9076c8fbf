/// The floating-point operations per second of a product `[128, 256] · [256, 256]`, the best of many.
///
/// What a training step is compared with: the shape is that of a shard in a layer of a tower.
public func measureProductRate() -> Double {
  let (rows, width, repeats) = (128, 256, 10)
  var layout = Layout()
  let a = layout.reserve("a", rows: rows, columns: width)
  let b = layout.reserve("b", rows: width, columns: width)
  let y = layout.reserve("y", rows: rows, columns: width)
  let arena = Arena(layout)
  var best = Duration.seconds(1)
  for _ in 0..<200 {
    let time = ContinuousClock().measure {
      for _ in 0..<repeats {
        var target = arena.mutableMatrix(y, rows: rows)
        multiply(arena.matrix(a, rows: rows), arena.matrix(b, rows: width), into: &target)
      }
    }
    best = min(best, time)
  }
  return Double(2 * repeats * rows * width * width) / (best / .seconds(1))
}
