public import Kernels

/// Bilinear products of all pairs of fields, of the fields as they are and weighed by importance.
///
/// For each pair `p = (i, j)`, `i < j`: `s_p = (v_i · G^s_p) ⊙ v_j` and `r_p = (e_i · G^r_p) ⊙ e_j`, with `v` as
/// ``FieldImportance`` has it; the features are `[s_0; r_0; s_1; r_1; …]`, `[B, F(F-1)·K]`, every `G` is
/// `[K, K]`.
///
/// - Source: Huang et al., “FiBiNET”, 2019, equation 7 with a matrix per pair; order as in DeepCTR 0.9.0.
public struct BilinearFeatures: Sendable {
  /// One of the two branches: its matrices by pair, and `x_i · G_p` of all pairs, `[B, P·K]`.
  private struct Branch: Sendable {
    let weights: [Slot]
    let products: Slot
    /// Where the branch's first block of features lies; the next is two blocks on.
    let firstBlock: Int
  }

  private let importance: FieldImportance
  private let weighed, raw: Branch
  /// The gradient of one pair's `x_i · G_p`, `[B, K]`.
  private let productGradient: Slot
  private let pairs: [Range<Int>]
  private let width: Int
  /// The features, `[B, F(F-1)·K]`.
  public let output: Slot
  /// The gradient of the features.
  public let outputGradient: Slot

  /// Reserves `bilinear.senet.<p>`, `bilinear.raw.<p>`, the tensors of the importance, and activations.
  public init(
    fields: Int, width: Int, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    self.width = width
    let pairs = (0..<fields).flatMap { i in (i + 1..<max(i + 1, fields)).map { i..<$0 } }
    self.pairs = pairs
    importance = FieldImportance(
      fields: fields, width: width, capacity: capacity, in: &plan, activations: &activations)
    func branch(_ name: String, firstBlock: Int) -> Branch {
      Branch(
        weights: pairs.indices.map {
          plan.reserve(
            "bilinear.\(name).\($0)", rows: width, columns: width,
            .glorotNormal(inputs: width, outputs: width))
        },
        products: activations.reserve(
          "bilinear.\(name).products", rows: capacity, columns: pairs.count * width),
        firstBlock: firstBlock)
    }
    weighed = branch("senet", firstBlock: 0)
    raw = branch("raw", firstBlock: 1)
    let columns = 2 * pairs.count * width
    productGradient = activations.reserve(
      "bilinear.productGradient", rows: capacity, columns: width)
    output = activations.reserve("bilinear.output", rows: capacity, columns: columns)
    outputGradient = activations.reserve(
      "bilinear.outputGradient", rows: capacity, columns: columns)
  }

  /// The multiply-adds of a row: `2 P (K² + K)` of the products, and those of the importance.
  public var multiplyAdds: Int {
    2 * pairs.count * (width * width + width) + importance.multiplyAdds
  }

  /// Computes the features of every row.
  public func forward(_ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena) {
    importance.forward(x, parameters: parameters, arena: arena)
    forward(
      weighed, arena.matrix(importance.output, rows: x.rows), parameters: parameters,
      arena: arena)
    forward(raw, x, parameters: parameters, arena: arena)
  }

  private func forward(
    _ branch: Branch, _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    var products = arena.mutableMatrix(branch.products, rows: x.rows)
    var features = arena.mutableMatrix(output, rows: x.rows)
    for (pair, fields) in pairs.enumerated() {
      var values = products.columns(block(pair))
      multiply(
        x.columns(block(fields.lowerBound)), parameters.matrix(branch.weights[pair]),
        into: &values)
      let right = x.columns(block(fields.upperBound))
      var target = features.columns(block(2 * pair + branch.firstBlock))
      for row in 0..<x.rows {
        var span = target[row: row]
        product(values.view[row: row], right[row: row], into: &span)
      }
    }
  }

  /// The columns of the `index`-th vector.
  private func block(_ index: Int) -> Range<Int> { index * width..<(index + 1) * width }

  /// Overwrites the gradients of all tensors, and adds to the input's.
  public func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    arena: borrowing Arena
  ) {
    arena.zero(importance.outputGradient, rows: x.rows)
    backward(
      weighed, arena.matrix(importance.output, rows: x.rows),
      inputGradient: importance.outputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
    backward(
      raw, x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
    importance.backward(
      x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
  }

  /// With `u = x_i · G_p` and `dy` the gradient of `u ⊙ x_j`: `dx_j += dy ⊙ u`, `du = dy ⊙ x_j`,
  /// `dG_p = x_iᵀ du`, `dx_i += du G_pᵀ`.
  private func backward(
    _ branch: Branch, _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    let products = arena.matrix(branch.products, rows: x.rows)
    let dy = arena.matrix(outputGradient, rows: x.rows)
    var dx = arena.mutableMatrix(inputGradient, rows: x.rows)
    var du = arena.mutableMatrix(productGradient, rows: x.rows)
    for (pair, fields) in pairs.enumerated() {
      let gradient = dy.columns(block(2 * pair + branch.firstBlock))
      let right = x.columns(block(fields.upperBound))
      let values = products.columns(block(pair))
      var dxRight = dx.columns(block(fields.upperBound))
      for row in 0..<x.rows {
        var target = dxRight[row: row]
        addProduct(gradient[row: row], values[row: row], into: &target)
        var span = du[row: row]
        product(gradient[row: row], right[row: row], into: &span)
      }
      let left = x.columns(block(fields.lowerBound))
      var weightGradient = gradients.mutableMatrix(branch.weights[pair])
      multiply(transposed: left, du.view, into: &weightGradient)
      var dxLeft = dx.columns(block(fields.lowerBound))
      multiply(
        du.view, transposed: parameters.matrix(branch.weights[pair]), beta: 1, into: &dxLeft)
    }
  }
}
