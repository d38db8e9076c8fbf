import Foundation
import Models
import Testing

/// The losses of a small run, as they were when the implementation was found to be right.
struct GoldenCurve: Sendable, Codable, CustomTestStringConvertible {
  let backbone: BackboneKind
  let adaptation: Adaptation
  /// The mean training loss before each evaluation but those of untrained candidates.
  let training: [Double]
  /// The validation log-loss of each evaluation, in the order of phases, experts and epochs.
  let validation: [Double]

  var testDescription: String { "\(backbone) \(adaptation)" }

  /// Every network and adaptation that exists.
  static let combinations: [(backbone: BackboneKind, adaptation: Adaptation)] =
    BackboneKind.allCases.flatMap { backbone in
      Adaptation.allCases.filter { !backbone.isMultiDomain || $0 == .none }.map { (backbone, $0) }
    }

  /// The curves that were noted, in `GoldenCurves.json`.
  static func noted() throws -> [GoldenCurve] {
    try JSONDecoder().decode([GoldenCurve].self, from: Data(contentsOf: file))
  }

  /// Notes curves; a change of theirs is a change of results, and is explained where it is made.
  static func note(_ curves: [GoldenCurve]) throws {
    let lines = try curves.map {
      String(decoding: try JSONEncoder.sorted.encode($0), as: UTF8.self)
    }
    try "[\n\(lines.joined(separator: ",\n"))\n]\n".write(
      to: file, atomically: true, encoding: .utf8)
  }

  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "GoldenCurves.json")

  /// The curve of a run.
  init(_ backbone: BackboneKind, _ adaptation: Adaptation) throws {
    let finished = try Finished(TinyRun(backbone, adaptation), TinyData())
    self.backbone = backbone
    self.adaptation = adaptation
    training = finished.records.compactMap(\.trainingLoss).map(GoldenCurve.rounded)
    validation = finished.records.compactMap(\.validation.logLoss).map(GoldenCurve.rounded)
  }

  private static func rounded(_ loss: Double) -> Double { (loss * 1e7).rounded() / 1e7 }
}

extension JSONEncoder {
  fileprivate static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }
}
