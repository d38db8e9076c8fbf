import Kernels

/// Weighs fields by importance, the SENET of FiBiNET: `v_f = a_f e_f`.
///
/// With `ζ_f` the mean of `e_f`, `t = ReLU(ζ S_1)` and `a = ReLU(t S_2)`; `S_1` is `[F, R]`, `S_2` `[R, F]`,
/// `R = max(1, F / 3)`.
///
/// - Source: Huang et al., “FiBiNET”, 2019, equations 4 to 6.
struct FieldImportance: Sendable {
  private let squeeze, excite: Slot
  /// `ζ`, `t` and `a`, and the gradients of `t` and `a`.
  private let means, hidden, importances, hiddenGradient, importanceGradient: Slot
  private let fields, width: Int
  /// `v`, `[B, F·K]`.
  let output: Slot
  /// The gradient of `v`.
  let outputGradient: Slot

  /// Reserves `senet.squeeze` and `senet.excite`, and the activations.
  ///
  /// `S_2` starts with values of one sign: a field whose weights all start below zero would get no
  /// gradient through ReLU, ever.
  init(
    fields: Int, width: Int, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    self.fields = fields
    self.width = width
    let reduced = max(1, fields / 3)
    squeeze = plan.reserve(
      "senet.squeeze", rows: fields, columns: reduced,
      .glorotNormal(inputs: fields, outputs: reduced))
    excite = plan.reserve(
      "senet.excite", rows: reduced, columns: fields,
      .positiveGlorotNormal(inputs: reduced, outputs: fields))
    func activation(_ name: String, _ columns: Int) -> Slot {
      activations.reserve("senet.\(name)", rows: capacity, columns: columns)
    }
    means = activation("means", fields)
    hidden = activation("hidden", reduced)
    importances = activation("importances", fields)
    hiddenGradient = activation("hiddenGradient", reduced)
    importanceGradient = activation("importanceGradient", fields)
    output = activation("output", fields * width)
    outputGradient = activation("outputGradient", fields * width)
  }

  /// The multiply-adds of a row: both products, and the weighing.
  var multiplyAdds: Int { 2 * squeeze.count + fields * width }

  func forward(_ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena) {
    formMeans(x, arena: arena)
    var t = arena.mutableMatrix(hidden, rows: x.rows)
    multiplyRows(arena.matrix(means, rows: x.rows), parameters.matrix(squeeze), into: &t)
    rectify(&t)
    var a = arena.mutableMatrix(importances, rows: x.rows)
    multiplyRows(t.view, parameters.matrix(excite), into: &a)
    rectify(&a)
    var v = arena.mutableMatrix(output, rows: x.rows)
    for row in 0..<x.rows {
      let (values, weights) = (x[row: row], a.view[row: row])
      var target = v[row: row]
      for field in 0..<fields {
        for k in columns(field) { target[k] = weights[field] * values[k] }
      }
    }
  }

  /// Where a field's values lie in a row.
  private func columns(_ field: Int) -> Range<Int> { field * width..<(field + 1) * width }

  /// Computes `ζ`.
  private func formMeans(_ x: Matrix, arena: borrowing Arena) {
    var zeta = arena.mutableMatrix(means, rows: x.rows)
    for row in 0..<x.rows {
      let values = x[row: row]
      var target = zeta[row: row]
      for field in 0..<fields {
        var sum: Float = 0
        for k in columns(field) { sum += values[k] }
        target[field] = sum / Float(width)
      }
    }
  }

  /// Overwrites the gradients of both tensors, and adds to the input's.
  ///
  /// `de_f += a_f dv_f + dζ_f / K`, `da_f = <dv_f, e_f>`.
  func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    differentiateWeighing(x, inputGradient: inputGradient, arena: arena)
    let t = arena.matrix(hidden, rows: x.rows)
    var da = arena.mutableMatrix(importanceGradient, rows: x.rows)
    var dt = arena.mutableMatrix(hiddenGradient, rows: x.rows)
    multiply(da.view, transposed: parameters.matrix(excite), into: &dt)
    rectifyBackward(t, &dt, scale: 1)
    var exciteGradient = gradients.mutableMatrix(excite)
    multiply(transposed: t, da.view, into: &exciteGradient)
    var squeezeGradient = gradients.mutableMatrix(squeeze)
    multiply(transposed: arena.matrix(means, rows: x.rows), dt.view, into: &squeezeGradient)
    // The gradient of ζ takes the place of that of a.
    multiply(dt.view, transposed: parameters.matrix(squeeze), into: &da)
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    for row in 0..<x.rows {
      let gradient = da.view[row: row]
      var input = dx[row: row]
      for field in 0..<fields {
        for k in columns(field) { input[k] += gradient[field] / Float(width) }
      }
    }
  }

  /// Adds `a_f dv_f` to the input's gradient, and computes that of `a` in front of its ReLU.
  private func differentiateWeighing(
    _ x: Matrix, inputGradient: Slot, arena: borrowing Arena
  ) {
    let dv = arena.matrix(outputGradient, rows: x.rows)
    let a = arena.matrix(importances, rows: x.rows)
    var da = arena.mutableMatrix(importanceGradient, rows: x.rows)
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    for row in 0..<x.rows {
      let (values, gradient, weights) = (x[row: row], dv[row: row], a[row: row])
      var target = da[row: row]
      var input = dx[row: row]
      for field in 0..<fields {
        var sum: Float = 0
        for k in columns(field) {
          sum += gradient[k] * values[k]
          input[k] += weights[field] * gradient[k]
        }
        target[field] = weights[field] > 0 ? sum : 0
      }
    }
  }
}

/// `y = x · w` for a few columns, each element summed in order: the same bits for any number of rows.
private func multiplyRows(_ x: Matrix, _ w: Matrix, into y: inout MutableMatrix) {
  for row in 0..<x.rows {
    let values = x[row: row]
    var target = y[row: row]
    fill(&target, with: 0)
    for inner in 0..<w.rows { axpy(values[inner], w[row: inner], into: &target) }
  }
}
