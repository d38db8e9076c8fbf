import Features
import Kernels
import Models
import Reference

/// The setting of the golden values: sizes, the fill of every tensor, rows and logits.
///
/// - Source: the published TensorFlow code, run on tensors filled with sines.
enum Golden {
  static let schema = Schema(
    fields: [
      Field(name: "uid", cardinality: 5), Field(name: "pid", cardinality: 7),
      Field(name: "domain", cardinality: 3),
    ], domainField: 2, domainNames: ["0", "1", "2"])

  /// Uid, pid and domain of each row, ordered by domain.
  static let rows: [(uid: Int32, pid: Int32, domain: Int32)] = [(1, 2, 0), (3, 5, 1), (4, 6, 2)]

  /// The logits of ``rows``.
  struct Logits {
    let base: [Double]
    let mlora: [Double]
    let gated: [Double]
  }

  static let logits: [BackboneKind: Logits] = [
    .mlp: Logits(
      base: [-0.140500, -0.094582, -0.103239], mlora: [-0.036811, -0.096792, -0.066739],
      gated: [0.044067, -0.093845, -0.112360]),
    .wdl: Logits(
      base: [-0.216158, -0.223083, -0.222321], mlora: [-0.112469, -0.225293, -0.185820],
      gated: [-0.031591, -0.222345, -0.231442]),
  ]

  /// Single precision through three layers, and golden values of six digits.
  static let tolerance = Tolerance(absolute: 2e-6, relative: 0)

  static func configuration(_ backbone: BackboneKind, _ adaptation: Adaptation)
    -> ModelConfiguration
  {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.adaptation = adaptation
    configuration.experts = 4
    return configuration
  }

  /// Fills every tensor of a model.
  static func parameters(_ model: Model) -> Buffer {
    var parameters = Buffer(model.layout)
    for entry in model.layout.entries {
      let (s, a) = code(entry.name)
      parameters.store(sines(s, a, count: entry.slot.count), in: entry.slot)
    }
    return parameters
  }

  /// All rows as one batch.
  static var batch: Batch { batch(of: 0..<rows.count) }

  /// Some rows as one batch.
  static func batch(of range: Range<Int>) -> Batch {
    var batch = Batch(capacity: 3, fieldCount: 3)
    batch.resize(to: range.count)
    for (row, values) in rows[range].enumerated() {
      batch.domains[row] = values.domain
      for (field, id) in [values.uid, values.pid, values.domain].enumerated() {
        batch.ids[field * batch.capacity + row] = id
      }
    }
    return batch
  }

  /// The `s` and `a` of a tensor.
  private static func code(_ name: String) -> (Int, Double) {
    let parts = name.split(separator: ".").map(String.init)
    let fields = ["uid", "pid", "domain"]
    switch parts[0] {
    case "embedding": return (1 + (fields.firstIndex(of: parts[1]) ?? -1), 0.5)
    case "wide": return (4 + (fields.firstIndex(of: parts[1]) ?? -1), 0.1)
    case "gate": return gateCodes[parts[1]] ?? (0, .nan)
    case "head": return parts[1] == "weight" ? (60, 0.15) : (61, 0.1)
    default: return towerCode(parts)
    }
  }

  private static let gateCodes = ["embedding": (7, 1.0), "weight": (8, 1.0), "bias": (9, 0.5)]

  private static func towerCode(_ parts: [String]) -> (Int, Double) {
    guard let layer = Int(parts[1]) else { return (0, .nan) }
    if parts.count == 3 { return parts[2] == "weight" ? (10 + layer, 0.15) : (20 + layer, 0.1) }
    guard let expert = Int(parts[3]) else { return (0, .nan) }
    switch parts[4] {
    case "down": return (30 + layer + 100 * expert, 0.1)
    case "up": return (40 + layer + 100 * expert, 0.1)
    default: return (50 + layer + 100 * expert, 0.05)
    }
  }
}
