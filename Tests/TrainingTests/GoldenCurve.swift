import Models
import Testing

/// The losses of a small run, as they were when the implementation was found to be right.
struct GoldenCurve: Sendable, CustomTestStringConvertible {
  let backbone: BackboneKind
  let adaptation: Adaptation
  /// The mean training loss before each evaluation but those of untrained candidates.
  let training: [Double]
  /// The validation log-loss of each evaluation, in the order of phases, experts and epochs.
  let validation: [Double]

  var testDescription: String { "\(backbone) \(adaptation)" }

  /// One for each backbone and adaptation.
  static let all = [
    GoldenCurve(
      backbone: .mlp, adaptation: .none,
      training: [
        0.6693787, 0.6778168, 0.6425956,
      ],
      validation: [
        0.6932273, 0.6721538, 0.6551799, 0.6374420,
      ]),
    GoldenCurve(
      backbone: .mlp, adaptation: .mlora,
      training: [
        0.6736666, 0.6748367, 0.6461575,
      ],
      validation: [
        0.6932273, 0.6720382, 0.6592074, 0.6402317,
      ]),
    GoldenCurve(
      backbone: .mlp, adaptation: .moe,
      training: [
        0.6693787, 0.6778168, 0.6425956, 0.6294408, 0.6173388, 0.6032180, 0.6241221,
        0.5630755, 0.5730206, 0.6946545, 0.6674814, 0.6334385, 0.6172320, 0.6078027,
        0.6026067,
      ],
      validation: [
        0.6932273, 0.6721538, 0.6551799, 0.6374420, 0.6557996, 0.6535915, 0.6556107,
        0.6728491, 0.6086112, 0.5970843, 0.5874980, 0.5953343, 0.6340572, 0.6396938,
        0.6460324, 0.6518645, 0.6324425, 0.6312243, 0.6309001, 0.6310558,
      ]),
    GoldenCurve(
      backbone: .wdl, adaptation: .none,
      training: [
        0.6669964, 0.6528401, 0.6113192,
      ],
      validation: [
        0.6932273, 0.6584222, 0.6326180, 0.6195015,
      ]),
    GoldenCurve(
      backbone: .wdl, adaptation: .mlora,
      training: [
        0.6747335, 0.6446571, 0.6191614,
      ],
      validation: [
        0.6932273, 0.6537021, 0.6344449, 0.6256121,
      ]),
    GoldenCurve(
      backbone: .wdl, adaptation: .moe,
      training: [
        0.6669964, 0.6528401, 0.6113192, 0.5870268, 0.5780123, 0.5679693, 0.5993887,
        0.5500443, 0.5625931, 0.6665381, 0.6475205, 0.6126076, 0.5860666, 0.5859484,
        0.5781134,
      ],
      validation: [
        0.6932273, 0.6584222, 0.6326180, 0.6195015, 0.6348369, 0.6430525, 0.6427735,
        0.6691473, 0.5888853, 0.5809110, 0.5728124, 0.5784156, 0.6574982, 0.6610613,
        0.6630079, 0.6651290, 0.6177022, 0.6181398, 0.6182144, 0.6185338,
      ]),
  ]
}
