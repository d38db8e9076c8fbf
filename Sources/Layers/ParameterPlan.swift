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

  /// Fills a buffer of the layout with initial values for a seed: all of it, or the tensors in a range.
  public func initialise(_ parameters: inout Buffer, within range: Range<Int>? = nil, seed: UInt64)
  {
    for entry in layout.entries.indices
    where range?.contains(layout.entries[entry].slot.offset) ?? true {
      var values = parameters.mutableSpan(layout.entries[entry].slot)
      initialValues(ofEntry: entry, seed: seed).fill(&values, from: 0)
    }
  }

  /// The initial values of one tensor of the layout for a seed.
  public func initialValues(ofEntry index: Int, seed: UInt64) -> InitialValues {
    let entry = layout.entries[index]
    let root = RandomStream(seed: seed, purpose: .initialisation)
    return InitialValues(
      initialisation: initialisations[index], tensor: entry.slot,
      stream: entry.name.utf8.reduce(root) { $0.derived(Int($1)) })
  }
}

/// The values that a tensor starts with: any of them can be drawn without the others.
public struct InitialValues: Sendable {
  let initialisation: Initialisation
  let tensor: Slot
  let stream: RandomStream

  /// Draws consecutive elements, from element `first` of the tensor on.
  public func fill(_ values: inout MutableSpan<Float>, from first: Int) {
    precondition(
      first >= 0 && first + values.count <= tensor.count,
      "\(values.count) elements from \(first) of \(tensor.count)")
    initialisation.fill(&values, of: tensor, from: first, stream)
  }
}
