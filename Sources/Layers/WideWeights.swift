public import Features
public import Kernels

/// The wide part: one weight per id and field, `lin = Σ_f w_f[id_f]`, without a bias.
///
/// Tables are `[N_f, 1]` and start at zero. The gradient of every weight a row uses is the row's logit
/// gradient; the gradient exchange sums it over a batch.
///
/// - Source: Cheng et al., “Wide & Deep Learning”, 2016.
public struct WideWeights: Sendable {
  /// The weights, by field.
  public let tables: [Slot]

  /// Reserves the tables as `wide.<field>`.
  public init(schema: Schema, in plan: inout ParameterPlan) {
    tables = schema.fields.map { field in
      plan.reserve("wide.\(field.name)", rows: field.cardinality, columns: 1, .constant(0))
    }
  }

  /// Adds the wide part of every row to its logit.
  public func add(
    _ batch: Batch, parameters: borrowing Buffer, into logits: inout MutableSpan<Float>
  ) {
    for (field, table) in tables.enumerated() {
      addElements(
        of: parameters.span(table), ids: batch.ids(ofField: field).span, into: &logits)
    }
  }
}
