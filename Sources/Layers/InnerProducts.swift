public import Kernels

/// The embeddings and the inner products of all pairs of fields: `F·K + F(F-1)/2` features per row.
///
/// `x` `[B, F·K]` holds the `F` vectors `e_f` of a row side by side; the features are
/// `[x; <e_0, e_1>; <e_0, e_2>; …; <e_1, e_2>; …]`. There are no parameters.
///
/// - Source: Qu et al., “Product-based Neural Networks”, 2016: the inner products, without the outer
///   ones and as features of the first layer, as in `DeepCTR` 0.9.0.
public struct InnerProducts: Sendable {
  /// The number of fields, `F`.
  public let fields: Int
  /// The width of a field's vector, `K`.
  public let width: Int
  /// The features, `[B, F·K + F(F-1)/2]`.
  public let output: Slot
  /// The gradient of the features, `[B, F·K + F(F-1)/2]`.
  public let outputGradient: Slot

  /// Reserves the activations of `capacity` rows.
  public init(fields: Int, width: Int, capacity: Int, activations: inout Layout) {
    self.fields = fields
    self.width = width
    let columns = fields * width + fields * (fields - 1) / 2
    output = activations.reserve("innerProducts.output", rows: capacity, columns: columns)
    outputGradient = activations.reserve(
      "innerProducts.outputGradient", rows: capacity, columns: columns)
  }

  /// The multiply-adds of a row: `K F(F-1)/2`.
  public var multiplyAdds: Int { width * fields * (fields - 1) / 2 }

  /// Computes the features of every row.
  public func forward(_ x: Matrix, arena: borrowing Arena) {
    var y = arena.mutableMatrix(output, rows: x.rows)
    innerProducts(of: x, fields: fields, into: &y)
  }

  /// Adds `dy_f + Σ_{g≠f} d<e_f, e_g> e_g` to the gradient of each `e_f`, in the first `B` rows of
  /// `inputGradient`.
  public func backward(_ x: Matrix, inputGradient: Slot, arena: borrowing Arena) {
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    innerProductsBackward(
      x, fields: fields, outputGradient: arena.matrix(outputGradient, rows: x.rows), addingTo: &dx)
  }
}
