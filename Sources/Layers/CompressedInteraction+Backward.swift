public import Kernels

extension CompressedInteraction {
  /// Computes the gradients of the parameters, and adds to that of the input in its first `B` rows.
  ///
  /// With `δ` the gradient of `Φᵀ Z + φ`, from the logit's for outputs and from the layer above for
  /// hidden maps: `dΦ = Σ Z δᵀ`, `dφ = Σ δ`, `dZ = Φ δ`, `dX^0[f, c] += Σ_h dZ[(f, h), c] X^{k-1}[h, c]` and
  /// `dX^{k-1}[h, c] = Σ_f dZ[(f, h), c] X^0[f, c]`.
  public func backward(
    _ x: Matrix, logitGradient dz: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    output.accumulate(
      arena.matrix(sums, rows: x.rows), logitGradient: dz, gradients: &gradients)
    for layer in layers {
      gradients.zero(layer.weight.range)
      gradients.zero(layer.bias.range)
    }
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    forEachBlock(of: x.rows) { samples in
      let rows = samples.count * width
      spread(x.rows(samples), arena: arena)
      arena.zero(factorGradient, rows: rows)
      for index in layers.indices.reversed() {
        backward(
          index, samples: samples, logitGradient: dz.extracting(samples), parameters: parameters,
          gradients: &gradients, arena: arena)
      }
      var block = dx.rows(samples)
      addTransposedFields(arena.matrix(factorGradient, rows: rows), to: &block)
      addTransposedFields(arena.matrix(inputMapGradient, rows: rows), to: &block)
    }
  }

  /// Adds a block to the gradients of one layer, and computes that of what the layer sees.
  private func backward(
    _ index: Int, samples: Range<Int>, logitGradient dz: Span<Float>,
    parameters: borrowing Buffer, gradients: inout Buffer, arena: borrowing Arena
  ) {
    let layer = layers[index]
    let rows = samples.count * width
    var wide = arena.mutableMatrix(maps, rows: rows)
    var gradient = wide.columns(0..<layer.weight.columns)
    let kept = keptRows(samples)
    var biasGradient = gradients.mutableSpan(layer.bias)
    layer.maps.backward(
      logitGradient: dz, weights: parameters.span(output.weight).extracting(layer.outputs),
      hidden: arena.matrix(layer.hidden, rows: kept.upperBound).rows(kept),
      hiddenGradient: arena.matrix(layer.hiddenGradient, rows: rows),
      signs: arena.matrix(layer.signs, rows: kept.upperBound).rows(kept),
      biasGradient: &biasGradient, into: &gradient)

    multiplyFields(at: index, samples: samples, arena: arena)
    var products = arena.mutableMatrix(layer.products, rows: rows)
    var weightGradient = gradients.mutableMatrix(layer.weight)
    multiply(transposed: products.view, gradient.view, beta: 1, into: &weightGradient)
    multiply(gradient.view, transposed: parameters.matrix(layer.weight), into: &products)

    var factors = arena.mutableMatrix(factorGradient, rows: rows)
    let below = index == 0 ? inputMapGradient : layers[index - 1].hiddenGradient
    var mapGradient = arena.mutableMatrix(below, rows: rows)
    rowProductsBackward(
      arena.matrix(inputs, rows: rows), mapsBelow(index, samples: samples, arena: arena),
      productGradient: products.view, addingTo: &factors, into: &mapGradient)
  }
}
