/// Which floats of a parameter buffer belong to what.
///
/// The order is gate, experts (or domains' adapters), dense backbone, its statistics, tables: the backbone, each
/// expert and the gate are one range each, and everything but the tables is a prefix, so that a
/// gradient of the dense parameters is a buffer that simply ends earlier.
public struct ParameterRanges: Hashable, Sendable {
  /// The gate.
  public let gate: Range<Int>
  /// Each expert's, or each domain's adapters.
  public let adapters: [Range<Int>]
  /// The backbone without its tables.
  public let dense: Range<Int>
  /// What a backbone keeps of the rows it has seen, moved by each step but not trained; mostly empty.
  public let statistics: Range<Int>
  /// The embedding and wide tables.
  public let tables: Range<Int>

  /// Everything of the backbone.
  public var backbone: Range<Int> { dense.lowerBound..<tables.upperBound }
  /// Everything.
  public var all: Range<Int> { 0..<tables.upperBound }
}
