public import Kernels

/// A tower layer with adapters: `y = ReLU(Dropout(x · W + b) + Σ_i g_i · adapter_i(x))`.
///
/// `x` is `[B, I]`, `W` `[I, O]`, `b` `[O]`, `y` `[B, O]`. The ``AdapterSelection`` says which `g_i` are
/// zero or one and when the gate gives them. Without adapters, dropout before ReLU equals dropout
/// after it, because a mask is never negative.
///
/// - Source: MoE-MLoRA, arXiv 2506.07563; `MLoRA`, arXiv 2408.08913.
public struct AdaptedDense: Sendable {
  /// `W`, `[I, O]`.
  public let weight: Slot
  /// `b`, `[1, O]`.
  public let bias: Slot
  /// The adapters, by expert or by domain.
  public let adapters: [Adapter]
  /// Tells this layer's dropout words from those of the layers below.
  public let firstDropoutWord: Int

  /// The activations of the layer in the arena.
  public struct Activations: Sendable {
    /// `y`, `[B, O]`.
    public let output: Slot
    /// The gradient of `y`, `[B, O]`.
    public let outputGradient: Slot
    /// The gradient of the base branch where dropout makes it another one, `[B, O]`.
    let baseGradient: Slot?
    /// `x · down` of the row's adapter, `[B, R]`.
    let hidden: Slot?
    /// Its gradient, `[B, R]`.
    let hiddenGradient: Slot?
  }

  /// Where the activations lie.
  public let activations: Activations
  /// All adapters side by side, for the mixture.
  public let mixture: AdapterMixture?

  /// Reserves `W` and `b` as `name.weight` and `name.bias`, and the activations of `capacity` rows.
  ///
  /// The `adapters` were reserved before, because an expert's adapters of all layers lie together;
  /// `mixes` says whether a gate weighs them.
  public init(
    _ name: String, inputs: Int, outputs: Int, adapters: [Adapter], mixes: Bool,
    firstDropoutWord: Int, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    weight = plan.reserve(
      "\(name).weight", rows: inputs, columns: outputs,
      .glorotNormal(inputs: inputs, outputs: outputs))
    bias = plan.reserve("\(name).bias", columns: outputs, .constant(0))
    self.adapters = adapters
    self.firstDropoutWord = firstDropoutWord
    func activation(_ suffix: String, _ columns: Int) -> Slot {
      activations.reserve("\(name).\(suffix)", rows: capacity, columns: columns)
    }
    let rank = adapters.first?.rank
    self.activations = Activations(
      output: activation("output", outputs),
      outputGradient: activation("outputGradient", outputs),
      baseGradient: rank.map { _ in activation("baseGradient", outputs) },
      hidden: rank.map { activation("hidden", $0) },
      hiddenGradient: rank.map { activation("hiddenGradient", $0) })
    mixture =
      mixes
      ? AdapterMixture(name, adapters: adapters, capacity: capacity, activations: &activations)
      : nil
  }

  /// Computes the layer's output in its slot of the arena.
  ///
  /// The weights `gates`, `[B, E]`, are read in ``AdapterSelection/mixture`` only.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, selection: AdapterSelection,
    gates: Slot?, arena: borrowing Arena
  ) {
    var y = arena.mutableMatrix(activations.output, rows: rows.count)
    multiply(x, parameters.matrix(weight), into: &y)
    guard selection != .none else {
      if let dropout = rows.dropout {
        rectify(
          &y, bias: parameters.span(bias), dropout: dropout, rowKeys: rows.rowKeys.span,
          firstWord: firstDropoutWord)
      } else {
        rectify(&y, bias: parameters.span(bias))
      }
      return
    }
    if let dropout = rows.dropout {
      drop(
        &y, bias: parameters.span(bias), dropout: dropout, rowKeys: rows.rowKeys.span,
        firstWord: firstDropoutWord)
    } else {
      addBias(parameters.span(bias), to: &y)
    }
    addAdapters(
      x, parameters: parameters, rows: rows, selection: selection, gates: gates, arena: arena,
      into: &y)
  }

  private func addAdapters(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, selection: AdapterSelection,
    gates: Slot?, arena: borrowing Arena, into y: inout MutableMatrix
  ) {
    if case .mixture = selection {
      guard let mixture, let gates else { preconditionFailure("a mixture without a gate") }
      mixture.forward(x, gates: arena.matrix(gates, rows: rows.count), arena: arena, into: &y)
      rectify(&y)
      return
    }
    guard let hiddenSlot = activations.hidden else { preconditionFailure("no adapter to add") }
    var hidden = arena.mutableMatrix(hiddenSlot, rows: rows.count)
    forEachAdapter(selection, rows) { adapter, run in
      var hiddenRows = hidden.rows(run)
      var outputRows = y.rows(run)
      adapters[adapter].addAndRectify(
        x.rows(run), parameters: parameters, hidden: &hiddenRows, into: &outputRows)
    }
  }

  /// Calls `body` with each adapter that acts on rows, and those rows.
  func forEachAdapter(
    _ selection: AdapterSelection, _ rows: RowContext, _ body: (Int, Range<Int>) -> Void
  ) {
    switch selection {
    case .none, .mixture: break
    case .one(let adapter): body(adapter, 0..<rows.count)
    case .byDomain: for run in rows.runs { body(run.domain, run.rows) }
    }
  }
}
