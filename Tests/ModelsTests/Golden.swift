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
    .deepfm: Logits(
      base: [0.055055, -1.568135, -1.554496], mlora: [0.158744, -1.570345, -1.517995],
      gated: [0.239621, -1.567398, -1.563616]),
    .nfm: Logits(
      base: [-0.177481, -0.221886, -0.213669], mlora: [-0.176560, -0.228028, -0.202038],
      gated: [-0.165462, -0.227160, -0.217198]),
    .pnn: Logits(
      base: [-0.154393, -0.112990, -0.150891], mlora: [-0.040845, -0.101892, -0.022728],
      gated: [0.044138, -0.099279, -0.082317]),
    .dcn: Logits(
      base: [-0.723704, -0.203243, -0.510338], mlora: [-0.881968, -0.236214, -0.608422],
      gated: [-0.894171, -0.234560, -0.573132]),
    .autoint: Logits(
      base: [-1.360007, 0.778765, 0.639190], mlora: [-1.309077, 0.835230, 0.724214],
      gated: [-1.445504, 0.826936, 0.756188]),
    .xdeepfm: Logits(
      base: [1.087841, 2.027275, 2.043622], mlora: [1.191530, 2.025065, 2.080122],
      gated: [1.272408, 2.028013, 2.034501]),
    .fibinet: Logits(
      base: [-0.169864, -0.227961, -0.216938], mlora: [-0.176773, -0.220921, -0.202569],
      gated: [-0.167950, -0.220425, -0.209137]),
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
      if entry.name.hasPrefix("attention.") {
        parameters.store(projection(entry), in: entry.slot)
      } else {
        let (s, a) = code(entry.name)
        parameters.store(sines(s, a, count: entry.slot.count), in: entry.slot)
      }
    }
    return parameters
  }

  /// The four matrices of an attention layer, each filled by itself, side by side.
  private static func projection(_ entry: Layout.Entry) -> [Float] {
    let layer = entry.name.split(separator: ".").dropFirst().first.flatMap { Int($0) } ?? 0
    let (rows, width) = (entry.slot.rows, entry.slot.columns / 4)
    let parts = (0..<4).map { sines(80 + 4 * layer + $0, 0.3, count: rows * width) }
    return (0..<rows).flatMap { row in parts.flatMap { $0[row * width..<(row + 1) * width] } }
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
    case "tower": return towerCode(parts)
    default: return interactionCode(parts)
    }
  }

  private static let gateCodes = ["embedding": (7, 1.0), "weight": (8, 1.0), "bias": (9, 0.5)]

  private static func interactionCode(_ parts: [String]) -> (Int, Double) {
    let index = Int(parts.last ?? "") ?? Int(parts[1]) ?? 0
    switch (parts[0], parts[1], parts.last) {
    case ("cross", _, "weight"): return (70 + index, 0.2)
    case ("cross", _, _): return (75 + index, 0.1)
    case ("cin", "output", "weight"): return (97, 0.1)
    case ("cin", "output", _): return (98, 0.1)
    case ("cin", _, "weight"): return (92 + index, index == 0 ? 0.2 : 0.1)
    case ("cin", _, _): return (95 + index, 0.1)
    case ("senet", "squeeze", _): return (62, 4)
    case ("senet", _, _): return (63, 4)
    case ("bilinear", "senet", _): return (64 + index, 0.5)
    case ("bilinear", _, _): return (67 + index, 0.5)
    default: return (0, .nan)
    }
  }

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
