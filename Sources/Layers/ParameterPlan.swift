public import Kernels

/// The parameters under construction: where they lie and how each starts.
public struct ParameterPlan: Sendable {
  /// Where every tensor lies.
  public private(set) var layout = Layout()
  private var initialisations: [Initialisation] = []

  /// Creates an empty plan.
  public init() {}

  /// Reserves a tensor and notes how it starts.
  public mutating func reserve(
    _ name: String, rows: Int = 1, columns: Int, _ initialisation: Initialisation
  ) -> Slot {
    initialisations.append(initialisation)
    return layout.reserve(name, rows: rows, columns: columns)
  }

  /// The number of floats reserved so far.
  public var count: Int { layout.count }

  /// Fills a buffer of the layout with initial values for a seed.
  public func initialise(_ parameters: inout Buffer, seed: UInt64) {
    let root = RandomStream(seed: seed, purpose: .initialisation)
    for (entry, initialisation) in zip(layout.entries, initialisations) {
      let stream = entry.name.utf8.reduce(root) { $0.derived(Int($1)) }
      var values = parameters.mutableSpan(entry.slot)
      initialisation.fill(&values, columns: entry.slot.columns, from: stream)
    }
  }
}
