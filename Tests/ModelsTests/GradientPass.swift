import Features
import Kernels
import Layers
import Models
import Reference

/// One forward and backward pass, its gradients, and the same from central differences.
struct GradientPass {
  /// What gradient buffers hold before the pass.
  static let marker: Float = 12345.678

  let example: ModelCase
  let trainable: TrainableParts
  let model: Model
  let batch: Batch
  let lossSum: Double
  private let reference: ReferenceParameters
  private let dense: [String: [Float]]
  let inputGradient: Table
  let logitGradient: [Float]

  init(
    _ example: ModelCase, trainable: TrainableParts, count: Int, domains: [Int]? = nil,
    limit: Float = 0.7, passes: Int = 1
  ) {
    useOneThread()
    self.example = example
    self.trainable = trainable
    let model = Model(example.configuration, schema: example.schema, capacity: max(1, count))
    let batch = Batch(
      random: example.schema, count: count,
      domains: domains ?? Array(0..<example.schema.domainCount), seed: 23)
    let parameters = example.parameters(model, limit: limit)
    var gradients = Buffer(model.layout)
    gradients.store(repeating: GradientPass.marker)
    var workspace = ModelWorkspace(model)
    model.prepare(parameters, mode: example.mode, workspace)
    var lossSum = 0.0
    for _ in 0..<passes {
      model.forward(
        batch, parameters: parameters, mode: example.mode, dropout: example.mask, &workspace)
      lossSum = model.backward(
        batch, parameters: parameters, mode: example.mode, trainable: trainable,
        scale: 1 / Float(max(1, count)), gradients: &gradients, &workspace)
    }
    var dense: [String: [Float]] = [:]
    for entry in model.layout.entries {
      dense[entry.name] = floats(of: gradients.span(entry.slot))
    }
    self.model = model
    self.batch = batch
    self.lossSum = lossSum
    self.dense = dense
    reference = ReferenceParameters(parameters, layout: model.layout)
    inputGradient = table(of: model.inputGradient(workspace))
    logitGradient = floats(of: model.logitGradient(workspace))
  }

  /// The names of the dense tensors that the mode uses and the trainable set holds.
  var trained: [String] {
    model.layout.entries.filter { isTrained($0.slot.range) }.map(\.name)
  }

  /// What the gradient buffer holds for a tensor.
  func gradients(of name: String) -> [Float] { dense[name] ?? [] }

  /// What is wrong with the loss.
  var lossMisses: [String] {
    let expected = loss(reference) * Double(batch.count)
    return Tolerance(absolute: 0, relative: 2e-6).misses([Float(lossSum)], for: [expected], "loss")
  }

  /// Every `step`-th element whose gradient differs from the central difference.
  func misses(_ tolerance: Tolerance, every step: Int) -> [String] {
    let tables = trainable.contains(.backbone) ? model.layout.entries(in: model.ranges.tables) : []
    return trained.flatMap { misses(tolerance, of: $0, gradients(of: $0), every: step) }
      + tables.flatMap {
        misses(tolerance, of: $0.name, tableGradients(of: $0.name, $0.slot), every: step)
      }
  }

  private func misses(
    _ tolerance: Tolerance, of name: String, _ found: [Float], every step: Int
  ) -> [String] {
    let step = step * example.interactionStride(of: name, count: found.count)
    return stride(from: 0, to: found.count, by: step).flatMap { index in
      tolerance.misses(
        [found[index]],
        for: [reference.derivative(of: name, at: index, step: example.derivativeStep, loss)],
        "\(example.testDescription) \(name)[\(index)]")
    }
  }

  private func loss(_ parameters: ReferenceParameters) -> Double {
    ReferenceModel(example.configuration, schema: example.schema).loss(
      batch, parameters, mode: example.mode, dropout: example.mask)
  }

  private func isTrained(_ range: Range<Int>) -> Bool {
    let ranges = model.ranges
    func lies(_ whole: Range<Int>) -> Bool { range.clamped(to: whole) == range }
    switch example.mode {
    case _ where lies(ranges.dense): return trainable.contains(.backbone)
    case .backbone: return false
    case .expert(let expert):
      return trainable.contains(.adapters) && lies(ranges.adapters[expert])
    case .domainAdapters:
      return trainable.contains(.adapters) && ranges.adapters.contains(where: lies)
    case .gated:
      return lies(ranges.gate)
        ? trainable.contains(.gate)
        : trainable.contains(.adapters) && ranges.adapters.contains(where: lies)
    }
  }

  /// The gradient of a table: every row's gradient added to the table row it uses.
  private func tableGradients(of name: String, _ slot: Slot) -> [Float] {
    var sums = Table(rows: slot.rows, columns: slot.columns)
    for (index, field) in example.schema.fields.enumerated() {
      for (row, id) in batch.ids(ofField: index).enumerated() {
        switch name {
        case "embedding.\(field.name)":
          for k in 0..<slot.columns {
            sums[Int(id), k] += inputGradient[row, index * slot.columns + k]
          }
        case "wide.\(field.name)": sums[Int(id), 0] += Double(logitGradient[row])
        default: break
        }
      }
    }
    return sums.elements.map { Float($0) }
  }
}
