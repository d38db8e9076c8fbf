public import Kernels

/// All adapters of one layer side by side, so that their gated sum is two products for any number.
///
/// `down` = `[down_1 | … | down_E]` `[I, E·R]`, and `up` = `[up_1; …; up_E; bias_1; …; bias_E]`
/// `[E·R + E, O]`. With the hidden values `t = x · down` and `s` = `t` with the block of expert `i`
/// scaled by `g_i`, and `g` itself in the last `E` columns, the mixture is
/// `Σ_i g_i ((x · down_i) · up_i + bias_i) = s · up`.
public struct AdapterMixture: Sendable {
  private let adapters: [Adapter]
  private let rank: Int
  private let down: Slot
  private let up: Slot
  private let downGradient: Slot
  private let upGradient: Slot
  /// `t`, `[B, E·R]`.
  private let hidden: Slot
  /// `s`, `[B, E·R + E]`.
  private let weighted: Slot
  /// The gradient of `s`, `[B, E·R + E]`.
  private let weightedGradient: Slot

  init(_ name: String, adapters: [Adapter], capacity: Int, activations: inout Layout) {
    guard let first = adapters.first else { preconditionFailure("a mixture of no adapters") }
    let (inputs, outputs) = (first.down.rows, first.up.columns)
    let hiddenWidth = adapters.count * first.rank
    let weightedWidth = hiddenWidth + adapters.count
    self.adapters = adapters
    rank = first.rank
    func reserve(_ suffix: String, _ rows: Int, _ columns: Int) -> Slot {
      activations.reserve("\(name).mixture.\(suffix)", rows: rows, columns: columns)
    }
    down = reserve("down", inputs, hiddenWidth)
    up = reserve("up", weightedWidth, outputs)
    downGradient = reserve("downGradient", inputs, hiddenWidth)
    upGradient = reserve("upGradient", weightedWidth, outputs)
    hidden = reserve("hidden", capacity, hiddenWidth)
    weighted = reserve("weighted", capacity, weightedWidth)
    weightedGradient = reserve("weightedGradient", capacity, weightedWidth)
  }

  /// Copies the adapters' parameters side by side; to be called whenever they have changed.
  public func pack(_ parameters: borrowing Buffer, arena: borrowing Arena) {
    var packedDown = arena.mutableMatrix(down, rows: down.rows)
    var packedUp = arena.mutableMatrix(up, rows: up.rows)
    for (index, adapter) in adapters.enumerated() {
      let adapterDown = parameters.matrix(adapter.down)
      var block = packedDown.columns(index * rank..<(index + 1) * rank)
      for row in 0..<adapterDown.rows {
        var span = block[row: row]
        copy(adapterDown[row: row], into: &span)
      }
      let adapterUp = parameters.matrix(adapter.up)
      for row in 0..<rank {
        var span = packedUp[row: index * rank + row]
        copy(adapterUp[row: row], into: &span)
      }
      var span = packedUp[row: adapters.count * rank + index]
      copy(parameters.span(adapter.bias), into: &span)
    }
  }

  /// Adds the mixture to `y`.
  func forward(
    _ x: Matrix, gates: Matrix, arena: borrowing Arena, into y: inout MutableMatrix
  ) {
    var t = arena.mutableMatrix(hidden, rows: x.rows)
    multiply(x, arena.matrix(down, rows: down.rows), into: &t)
    var s = arena.mutableMatrix(weighted, rows: x.rows)
    for row in 0..<x.rows {
      var target = s[row: row]
      weigh(t.view[row: row], by: gates[row: row], into: &target)
      for expert in 0..<adapters.count {
        target[adapters.count * rank + expert] = gates[row: row][expert]
      }
    }
    multiply(s.view, arena.matrix(up, rows: up.rows), beta: 1, into: &y)
  }

  /// Scales the block of each expert by its weight.
  private func weigh(
    _ values: Span<Float>, by gates: Span<Float>, into target: inout MutableSpan<Float>
  ) {
    for expert in 0..<adapters.count {
      let weight = gates[expert]
      for column in expert * rank..<(expert + 1) * rank {
        target[column] = weight * values[column]
      }
    }
  }

  /// Adds to the gate's gradient, computes the adapters' and adds to the input's.
  ///
  /// With `u = dy · upᵀ`: `dg_i += Σ_r t_ir u_ir + u_{E·R+i}` (which is `<dy, adapter_i(x)>`), `v` = `u`
  /// with block `i` scaled by `g_i`, `d(down) = xᵀ v`, `d(up) = sᵀ dy`, `dx += v · downᵀ`.
  func backward(
    _ x: Matrix, inputGradient: Slot?, dy: Matrix, gates: Matrix, gateGradient: Slot,
    gradients: inout Buffer, trainsAdapters: Bool, arena: borrowing Arena
  ) {
    let hiddenWidth = adapters.count * rank
    var u = arena.mutableMatrix(weightedGradient, rows: x.rows)
    multiply(dy, transposed: arena.matrix(up, rows: up.rows), into: &u)
    let t = arena.matrix(hidden, rows: x.rows)
    var dg = arena.mutableMatrix(gateGradient, rows: x.rows)
    for row in 0..<x.rows {
      var gradient = dg[row: row]
      var values = u[row: row]
      let hiddenRow = t[row: row]
      let weights = gates[row: row]
      for expert in 0..<adapters.count {
        var sum = values[hiddenWidth + expert]
        for column in expert * rank..<(expert + 1) * rank {
          sum += hiddenRow[column] * values[column]
          values[column] *= weights[expert]
        }
        gradient[expert] += sum
      }
    }
    let v = u.view.columns(0..<hiddenWidth)
    if let inputGradient {
      var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
      multiply(v, transposed: arena.matrix(down, rows: down.rows), beta: 1, into: &dx)
    }
    if trainsAdapters {
      var packedDown = arena.mutableMatrix(downGradient, rows: downGradient.rows)
      multiply(transposed: x, v, into: &packedDown)
      var packedUp = arena.mutableMatrix(upGradient, rows: upGradient.rows)
      multiply(transposed: arena.matrix(weighted, rows: x.rows), dy, into: &packedUp)
      unpack(packedDown.view, packedUp.view, into: &gradients)
    }
  }

  private func unpack(_ packedDown: Matrix, _ packedUp: Matrix, into gradients: inout Buffer) {
    for (index, adapter) in adapters.enumerated() {
      let block = packedDown.columns(index * rank..<(index + 1) * rank)
      var downGradient = gradients.mutableMatrix(adapter.down)
      for row in 0..<block.rows {
        var span = downGradient[row: row]
        copy(block[row: row], into: &span)
      }
      var upGradient = gradients.mutableMatrix(adapter.up)
      for row in 0..<rank {
        var span = upGradient[row: row]
        copy(packedUp[row: index * rank + row], into: &span)
      }
      var biasGradient = gradients.mutableSpan(adapter.bias)
      copy(packedUp[row: adapters.count * rank + index], into: &biasGradient)
    }
  }
}
