public import Kernels

/// The second-order term of a factorisation machine,
/// `½ Σ_k [(Σ_f e_{f,k})² - Σ_f e_{f,k}²]`, one logit per row.
///
/// `x` `[B, F·K]` holds the `F` vectors `e_f` of a row side by side. The term is the sum of all
/// `<e_f, e_g>` with `f < g`, and is computed as that: the formula's difference cancels where one field
/// is much larger than the others. It has no parameters.
///
/// - Source: Rendle, “Factorization Machines”, 2010, lemma 3.1; `DeepFM`, arXiv 1703.04247.
public struct FactorisationMachine: Sendable {
  /// The number of fields, `F`.
  public let fields: Int
  /// The width of a field's vector, `K`.
  public let width: Int

  /// Describes the term of `fields` vectors of `width` floats.
  public init(fields: Int, width: Int) {
    self.fields = fields
    self.width = width
  }

  /// The multiply-adds of a row: `(F + 1) K`, those of the formula.
  public var multiplyAdds: Int { (fields + 1) * width }

  /// Adds the term of every row to its logit.
  public func forward(_ x: Matrix, into logits: inout MutableSpan<Float>) {
    addFactorisation(of: x, fields: fields, to: &logits)
  }

  /// Adds `dz Σ_{g≠f} e_g` to the gradient of each `e_f`, in the first `B` rows of `inputGradient`.
  public func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, arena: borrowing Arena
  ) {
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    factorisationBackward(x, fields: fields, logitGradient: logitGradient, addingTo: &dx)
  }
}
