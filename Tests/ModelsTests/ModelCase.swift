import Features
import Kernels
import Models
import Reference
import Testing

/// A model, what it computes and what it trains: one combination that tests go through.
struct ModelCase: Sendable, CustomTestStringConvertible {
  var configuration = ModelConfiguration()
  var schema = Schema.small(fields: 3, domains: 3, domainField: 2)
  var mode = ModelMode.backbone
  var dropout: Float = 0.5

  var testDescription: String {
    """
    \(configuration.backbone) \(configuration.adaptation) \(mode) \(configuration.gate.input) gate, \
    F=\(schema.fields.count) D=\(schema.domainCount) \
    E=\(configuration.expertCount(domains: schema.domainCount)) K=\(configuration.embeddingWidth) \
    \(configuration.hidden) dropout \(dropout)
    """
  }

  /// The mask of the case's dropout; `nil` for a rate of zero.
  var mask: DropoutMask? { dropout == 0 ? nil : DropoutMask(rate: dropout) }

  /// The step of central differences.
  ///
  /// Many rows and units have some near the kink of a ReLU: a small step stays on one side of it, at a
  /// rounding error of 1e-9. Interactions have units by the hundred and need a smaller one, at 1e-8.
  var derivativeStep: Double { hasWideInteractions ? 1e-8 : 1e-7 }

  /// Of how many elements of a tensor's gradient one is compared.
  ///
  /// Interactions of a fixed size have tens of thousands of parameters, of which about fifty a tensor
  /// are, at an odd stride so that they lie in different columns; the tests of layers compare each at
  /// smaller sizes.
  func interactionStride(of name: String, count: Int) -> Int {
    name.hasPrefix("cin.") || name.hasPrefix("attention.") ? count / 50 | 1 : 1
  }

  private var hasWideInteractions: Bool {
    [.xdeepfm, .autoint].contains(configuration.backbone)
  }

  /// Random parameters, wide enough that gates, experts and domains differ.
  ///
  /// The tower's biases are positive, so that few units are zero for every row.
  func parameters(_ model: Model, limit: Float = 0.7) -> Buffer {
    var parameters = Buffer(model.layout)
    parameters.randomise(model.layout, limit: limit, seed: 3)
    for entry in model.layout.entries
    where isTowerBias(entry.name) || entry.name.hasSuffix(".variance")
      || entry.name == "senet.excite"
    {
      parameters.store(floats(of: parameters.span(entry.slot)).map(abs), in: entry.slot)
    }
    for entry in model.layout.entries where entry.name.hasSuffix(".share") {
      parameters.store(
        floats(of: parameters.span(entry.slot)).map { 0.3 + abs($0) }, in: entry.slot)
    }
    return parameters
  }

  /// Whether a tensor is the bias of a layer with ReLU, and not of an adapter, the gate or a head.
  private func isTowerBias(_ name: String) -> Bool {
    guard name.hasSuffix(".bias") else { return false }
    return configuration.backbone.isMultiDomain
      ? !name.contains("head") : name.wholeMatch(of: /tower\.\d+\.bias/) != nil
  }

  /// Every mode a configuration can run in, with both gates.
  static func modes(_ backbone: BackboneKind, experts: Int = 4) -> [ModelCase] {
    var cases: [ModelCase] = []
    for (adaptation, modes) in [
      (Adaptation.none, [ModelMode.backbone]), (.mlora, [.backbone, .domainAdapters]),
      (.moe, [.backbone, .expert(0), .expert(experts - 1), .gated]),
    ] {
      for mode in modes {
        for input in mode == .gated ? GateInput.allCases : [.domain] {
          var example = ModelCase()
          example.configuration.backbone = backbone
          example.configuration.adaptation = adaptation
          example.configuration.experts = experts
          example.configuration.gate.input = input
          example.mode = mode
          cases.append(example)
        }
      }
    }
    return cases
  }
}
