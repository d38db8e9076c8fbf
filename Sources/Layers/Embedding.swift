public import Features
public import Kernels

/// One table of vectors per field: `x = [T_0[id_0]; …; T_{F-1}[id_{F-1}]]`.
///
/// Tables are `[N_f, K]`, `x` is `[B, F·K]`. The backward pass stops at the gradient of `x`: which table
/// rows it belongs to is for the gradient exchange, which sums rows over a whole batch.
public struct Embedding: Sendable {
  /// The tables, by field.
  public let tables: [Slot]
  /// `x`, `[B, F·K]`.
  public let output: Slot
  /// The gradient of `x`, `[B, F·K]`.
  public let outputGradient: Slot

  /// The deviation of a table's initial values: the reference's `1e-4` for the domain, and what it
  /// uses below adapters for the others.
  ///
  /// - Source: the reference code of arXiv 2506.07563, which starts plain models otherwise; one choice
  ///   for all models lets them be compared.
  static func initialDeviation(isDomain: Bool) -> Double { isDomain ? 1e-4 : 1e-2 }

  /// Reserves the tables as `embedding.<field>`; the activations `[B, F·K]` were reserved before,
  /// because other layers read them.
  public init(
    schema: Schema, output: Slot, outputGradient: Slot, in plan: inout ParameterPlan
  ) {
    let width = output.columns / schema.fields.count
    tables = schema.fields.enumerated().map { index, field in
      plan.reserve(
        "embedding.\(field.name)", rows: field.cardinality, columns: width,
        .normal(
          deviation: Embedding.initialDeviation(isDomain: index == schema.domainField)))
    }
    self.output = output
    self.outputGradient = outputGradient
  }

  /// The width of one field's vector, `K`.
  public var width: Int { output.columns / tables.count }

  /// Gathers the vectors of a batch.
  public func forward(_ batch: Batch, parameters: borrowing Buffer, arena: borrowing Arena) {
    var x = arena.mutableMatrix(output, rows: batch.count)
    for (field, table) in tables.enumerated() {
      var block = x.columns(field * width..<(field + 1) * width)
      gatherRows(of: parameters.matrix(table), ids: batch.ids(ofField: field).span, into: &block)
    }
  }
}
