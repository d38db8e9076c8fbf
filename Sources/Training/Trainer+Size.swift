public import Features
public import Models

extension Trainer {
  /// The most parameters of a model: beyond, single tensors could have more floats than a message.
  static let maximumParameterCount = Int(Int32.max)

  /// Throws if a model has too many parameters, or its training would not fit into the memory.
  ///
  /// Nothing is allocated. The memory is that of all ranks on a machine without small things and
  /// without what the exchange of gradients takes. On each rank it is 16 bytes for a parameter (its
  /// value, the best one and Adam's two moments), and 4 for each gradient of a table element, for an
  /// activation and for a gradient of the rank's rows of a batch, the ranks of this machine being all.
  ///
  /// A command calls it before MPI starts, because it alone knows the machine and the launcher. That a
  /// model has not too many parameters is checked whoever makes a trainer.
  ///
  /// - Parameters:
  ///   - configuration: The model.
  ///   - training: How it is trained.
  ///   - schema: The fields and domains of its data.
  ///   - memoryInBytes: The memory of the machine.
  ///   - ranks: The number of ranks on the machine, each of which needs memory of its own.
  /// - Throws: ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public static func checkSize(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, schema: Schema,
    memoryInBytes: Int, ranks: Int
  ) throws(TrainingError) {
    let model = Model(configuration, schema: schema, capacity: capacity(training))
    try checkParameterCount(of: model)
    let batch = TrainingPhase.allCases.map { training[$0].globalBatch }.max() ?? 1
    let ownRows = (batch + ranks - 1) / ranks
    let rows = 4 * (model.activationCount + ownRows * model.rowGradientWidth)
    let bytes = 16 * model.layout.count + 4 * model.ranges.tables.count + rows
    guard bytes <= memoryInBytes / ranks else {
      let keys =
        ["training.globalBatch", "training.shards"] + expertKeys(of: model) + ["model.hidden"]
      let place = ranks == 1 ? "" : " on each of \(ranks) ranks"
      throw .modelTooLarge(
        keys: 2 * rows > bytes ? keys : largestPart(of: model).keys,
        expected: "a training that fits into the machine's \(gigabytes(memoryInBytes)) of memory",
        found: "one of at least \(gigabytes(bytes))\(place)")
    }
  }

  /// Throws if a model has more parameters than a message can have floats.
  static func checkParameterCount(of model: Model) throws(TrainingError) {
    let count = model.layout.count
    guard count > maximumParameterCount else { return }
    let part = largestPart(of: model)
    throw .modelTooLarge(
      keys: part.keys, expected: "a model of at most \(maximumParameterCount) parameters",
      found: "\(count), most of them in the \(part.name)")
  }

  /// The part with the most parameters, and the keys that decide its size.
  private static func largestPart(of model: Model) -> (name: String, keys: [String]) {
    let ranges = model.ranges
    let experts = model.ranges.gate.count > 0 ? ["model.experts"] : []
    let parts = [
      (ranges.gate.count, "gate", ["model.experts", "model.embeddingWidth"]),
      (
        ranges.adapters.reduce(0) { $0 + $1.count }, "adapters",
        experts + ["model.hidden", "model.adapterReduction"]
      ),
      (
        ranges.dense.count, model.configuration.backbone.isMultiDomain ? "network" : "tower",
        expertKeys(of: model) + ["model.hidden", "model.embeddingWidth"]
      ),
      (ranges.tables.count, "tables", ["model.embeddingWidth"]),
    ]
    let largest = parts.max { $0.0 < $1.0 }
    return (largest?.1 ?? "", largest?.2 ?? [])
  }

  /// The keys that decide how many experts a network's backbone has; none for one without.
  private static func expertKeys(of model: Model) -> [String] {
    switch model.configuration.backbone {
    case .mmoe: ["model.experts"]
    case .ple: ["model.experts", "model.domainExperts"]
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet, .sharedBottom, .star:
      []
    }
  }

  private static func gigabytes(_ bytes: Int) -> String {
    "\((Double(bytes) / 1e8).rounded() / 10) GB"
  }
}
