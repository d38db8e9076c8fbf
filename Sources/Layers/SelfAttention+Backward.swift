public import Kernels

extension SelfAttention {
  /// Computes the gradients of the parameters from that of the features, and adds to the input's in its
  /// first `B` rows.
  ///
  /// With `D` the gradient of a layer's `[Q | K | V | R]`: `d(projection) = Σ Yᵀ D`, `dY = D · projectionᵀ`.
  /// To be called once for a forward pass, whose projections it overwrites.
  public func backward(
    _ x: Matrix, inputGradient dx: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    let rows = x.rows
    let dy = arena.matrix(outputGradient, rows: rows)
    var transposed = arena.mutableMatrix(featureGradient, rows: attention.width)
    for field in 0..<fields {
      var block = transposed.columns(field * rows..<(field + 1) * rows)
      transpose(dy.columns(field * attention.width..<(field + 1) * attention.width), into: &block)
    }
    for index in layers.indices.reversed() {
      backward(index, rows: rows, parameters: parameters, gradients: &gradients, arena: arena)
    }
    let gradient = arena.matrix(inputGradient, rows: width)
    var sums = arena.mutableMatrix(dx, rows: rows)
    for field in 0..<fields {
      var block = sums.columns(field * width..<(field + 1) * width)
      addTransposed(gradient.columns(field * rows..<(field + 1) * rows), to: &block)
    }
  }

  /// Takes the gradient of one layer's output to its parameters and to what it sees.
  private func backward(
    _ index: Int, rows: Int, parameters: borrowing Buffer, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    let layer = layers[index]
    var projections = arena.mutableMatrix(layer.projection, rows: layer.projection.rows)
    var projection = projections.columns(0..<fields * rows)
    do {
      var working = arena.mutableMatrix(scratch, rows: 1)
      var span = working[row: 0]
      attention.backward(
        &projection,
        probabilities: arena.matrix(layer.probabilities, rows: layer.probabilities.rows)
          .columns(0..<rows),
        output: below(index + 1, rows: rows, arena: arena),
        outputGradient: arena.matrix(featureGradient, rows: attention.width)
          .columns(0..<fields * rows), scratch: &span)
    }
    var weightGradient = gradients.mutableMatrix(layer.weight)
    multiply(
      below(index, rows: rows, arena: arena), transposed: projection.view, into: &weightGradient)
    let slot = index == 0 ? inputGradient : featureGradient
    var belowGradient = arena.mutableMatrix(slot, rows: slot.rows)
    var gradient = belowGradient.columns(0..<fields * rows)
    multiply(parameters.matrix(layer.weight), projection.view, into: &gradient)
  }
}
