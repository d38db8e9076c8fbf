public import Kernels

extension AdaptedDense {
  /// Computes the gradients of what is trainable, and of the input.
  ///
  /// Expects the output's gradient in its slot, and overwrites it. With `δ = dy ⊙ [y > 0]`, `μ` the
  /// dropout mask and `δ_b = μ ⊙ δ`: `dW = xᵀ δ_b`, `db = Σ_B δ_b`,
  /// `dx = δ_b Wᵀ + Σ_i g_i (δ up_iᵀ) down_iᵀ`, and the adapters' as ``Adapter`` and
  /// ``AdapterMixture`` say. `dx` goes to `inputGradient`, which is `nil` when nothing below is
  /// trained; `gateGradient`, `[B, E]`, is added to in ``AdapterSelection/mixture``.
  public func backward(
    _ x: Matrix, inputGradient: Slot?, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, selection: AdapterSelection, trainable: TrainableParts, gates: Slot?,
    gateGradient: Slot?, arena: borrowing Arena
  ) {
    let adapts = selection != .none
    let trainsBackbone = trainable.contains(.backbone)
    rectifyBackward(
      rows: rows, adapts: adapts, trainsBias: trainsBackbone, gradients: &gradients, arena: arena)
    let dy = arena.matrix(activations.outputGradient, rows: rows.count)
    let base = baseGradient(rows: rows, adapts: adapts, arena: arena)
    if trainsBackbone {
      var weightGradient = gradients.mutableMatrix(weight)
      multiply(transposed: x, base, into: &weightGradient)
    }
    if trainsBackbone && adapts {
      var biasGradient = gradients.mutableSpan(bias)
      addRows(of: base, into: &biasGradient)
    }
    if let inputGradient {
      var dx = arena.mutableMatrix(inputGradient, rows: rows.count)
      multiply(base, transposed: parameters.matrix(weight), into: &dx)
    }
    if case .mixture = selection {
      guard let mixture, let gates, let gateGradient else {
        preconditionFailure("a mixture without a gate")
      }
      mixture.backward(
        x, inputGradient: inputGradient, dy: dy, gates: arena.matrix(gates, rows: rows.count),
        gateGradient: gateGradient, gradients: &gradients,
        trainsAdapters: trainable.contains(.adapters), arena: arena)
    } else if adapts {
      adapterBackward(
        x, inputGradient: inputGradient, dy: dy, parameters: parameters,
        gradients: &gradients, rows: rows, selection: selection,
        trainsAdapters: trainable.contains(.adapters), arena: arena)
    }
  }

  /// Takes the output's gradient back through ReLU, and clears or computes the bias's.
  ///
  /// Without adapters the bias sees the same gradient, so that one pass computes both.
  private func rectifyBackward(
    rows: RowContext, adapts: Bool, trainsBias: Bool, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    let y = arena.matrix(activations.output, rows: rows.count)
    var dy = arena.mutableMatrix(activations.outputGradient, rows: rows.count)
    let scale = adapts ? 1 : rows.dropout?.scale ?? 1
    guard trainsBias else {
      Kernels.rectifyBackward(y, &dy, scale: scale)
      return
    }
    var biasGradient = gradients.mutableSpan(bias)
    fill(&biasGradient, with: 0)
    if adapts {
      Kernels.rectifyBackward(y, &dy, scale: scale)
    } else {
      Kernels.rectifyBackward(y, &dy, scale: scale, addingTo: &biasGradient)
    }
  }

  /// The gradient of the base branch: the masked one where adapters see the unmasked.
  @_lifetime(borrow arena)
  private func baseGradient(
    rows: RowContext, adapts: Bool, arena: borrowing Arena
  ) -> Matrix {
    guard adapts, let dropout = rows.dropout, let slot = activations.baseGradient else {
      return arena.matrix(activations.outputGradient, rows: rows.count)
    }
    var base = arena.mutableMatrix(slot, rows: rows.count)
    drop(
      arena.matrix(activations.outputGradient, rows: rows.count), into: &base, dropout: dropout,
      rowKeys: rows.rowKeys.span, firstWord: firstDropoutWord)
    return arena.matrix(slot, rows: rows.count)
  }

  private func adapterBackward(
    _ x: Matrix, inputGradient: Slot?, dy: Matrix, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, selection: AdapterSelection, trainsAdapters: Bool,
    arena: borrowing Arena
  ) {
    guard let hiddenSlot = activations.hidden, let gradientSlot = activations.hiddenGradient else {
      preconditionFailure("no adapter to differentiate")
    }
    if trainsAdapters, case .byDomain = selection {
      // A domain without a row in the shard has a gradient of zero, not the last shard's.
      for adapter in adapters { gradients.zero(adapter.range) }
    }
    let hidden = arena.matrix(hiddenSlot, rows: rows.count)
    var hiddenGradient = arena.mutableMatrix(gradientSlot, rows: rows.count)
    forEachAdapter(selection, rows) { index, run in
      let adapter = adapters[index]
      var gradientRows = hiddenGradient.rows(run)
      multiply(dy.rows(run), transposed: parameters.matrix(adapter.up), into: &gradientRows)
      if trainsAdapters {
        adapter.accumulate(
          x.rows(run), hidden: hidden.rows(run), hiddenGradient: gradientRows.view,
          dy: dy.rows(run), gradients: &gradients)
      }
      if let inputGradient {
        var dx = arena.mutableMatrix(inputGradient, rows: rows.count)
        var dxRows = dx.rows(run)
        multiply(
          gradientRows.view, transposed: parameters.matrix(adapter.down), beta: 1, into: &dxRows)
      }
    }
  }
}
