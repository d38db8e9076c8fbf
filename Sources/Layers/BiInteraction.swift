public import Kernels

/// Bi-interaction pooling, `½ [(Σ_f e_f)² - Σ_f e_f²]`, element by element: `K` features per row.
///
/// `x` `[B, F·K]` holds the `F` vectors `e_f` of a row side by side. The features are the sum of all
/// `e_f ⊙ e_g` with `f < g`, and are computed as that, as in ``FactorisationMachine``. There are no
/// parameters.
///
/// - Source: He and Chua, “Neural Factorization Machines”, 2017, equation 4.
public struct BiInteraction: Sendable {
  /// The number of fields, `F`.
  public let fields: Int
  /// The features, `[B, K]`.
  public let output: Slot
  /// The gradient of the features, `[B, K]`.
  public let outputGradient: Slot

  /// Reserves the activations of `capacity` rows.
  public init(fields: Int, width: Int, capacity: Int, activations: inout Layout) {
    self.fields = fields
    output = activations.reserve("biInteraction.output", rows: capacity, columns: width)
    outputGradient = activations.reserve(
      "biInteraction.outputGradient", rows: capacity, columns: width)
  }

  /// The multiply-adds of a row: `(F + 2) K`, those of the formula with its factor.
  public var multiplyAdds: Int { (fields + 2) * output.columns }

  /// Computes the features of every row.
  public func forward(_ x: Matrix, arena: borrowing Arena) {
    var y = arena.mutableMatrix(output, rows: x.rows)
    pairSums(of: x, fields: fields, into: &y)
  }

  /// Adds `dy ⊙ Σ_{g≠f} e_g` to the gradient of each `e_f`, in the first `B` rows of `inputGradient`.
  public func backward(_ x: Matrix, inputGradient: Slot, arena: borrowing Arena) {
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    pairSumsBackward(
      x, fields: fields, outputGradient: arena.matrix(outputGradient, rows: x.rows), addingTo: &dx)
  }
}
