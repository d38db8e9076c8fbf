import Features
import Kernels
import Layers

/// The deep part: dense layers with ReLU and dropout, an adapter per layer and expert or domain.
///
/// - Source: MLoRA, arXiv 2408.08913, and MoE-MLoRA, arXiv 2506.07563: adapters on every layer.
struct Tower: Sendable {
  let layers: [AdaptedDense]

  /// Reserves the layers as `tower.<l>`; `adapters` are by expert (or domain), then by layer.
  init(
    inputs: Int, widths: [Int], adapters: [[Adapter]], mixes: Bool, capacity: Int,
    in plan: inout ParameterPlan, activations: inout Layout
  ) {
    var layers: [AdaptedDense] = []
    var inputs = inputs
    var firstWord = 0
    for (index, width) in widths.enumerated() {
      layers.append(
        AdaptedDense(
          "tower.\(index)", inputs: inputs, outputs: width,
          adapters: adapters.map { $0[index] }, mixes: mixes, firstDropoutWord: firstWord,
          capacity: capacity, in: &plan, activations: &activations))
      inputs = width
      firstWord += DropoutMask.wordCount(width: width)
    }
    self.layers = layers
  }

  /// The adapters of one expert or domain: `name` is for example `experts.3`.
  static func adapters(
    _ name: String, inputs: Int, widths: [Int], reduction: Int, in plan: inout ParameterPlan
  ) -> [Adapter] {
    zip([inputs] + widths, widths).enumerated().map { index, width in
      Adapter(
        "tower.\(index).\(name)", inputs: width.0, outputs: width.1,
        rank: Adapter.rank(outputs: width.1, reduction: reduction), in: &plan)
    }
  }

  /// The last layer's output, `[B, h]`.
  var output: Slot { layers[layers.count - 1].activations.output }

  /// The gradient of ``output``.
  var outputGradient: Slot { layers[layers.count - 1].activations.outputGradient }

  /// Lays the adapters side by side, if the tower mixes them.
  func pack(_ parameters: borrowing Buffer, arena: borrowing Arena) {
    for layer in layers { layer.mixture?.pack(parameters, arena: arena) }
  }

  /// Computes all layers' outputs from the input `[B, I]`.
  func forward(
    input: Slot, parameters: borrowing Buffer, rows: RowContext, selection: AdapterSelection,
    gates: Slot?, arena: borrowing Arena
  ) {
    var input = input
    for layer in layers {
      layer.forward(
        arena.matrix(input, rows: rows.count), parameters: parameters, rows: rows,
        selection: selection, gates: gates, arena: arena)
      input = layer.activations.output
    }
  }

  /// Computes all layers' gradients from that of ``output``, and the input's when asked for.
  func backward(
    input: Slot, inputGradient: Slot?, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, selection: AdapterSelection, trainable: TrainableParts, gates: Slot?,
    gateGradient: Slot?, arena: borrowing Arena
  ) {
    for index in layers.indices.reversed() {
      let below = index == 0 ? input : layers[index - 1].activations.output
      let belowGradient =
        index == 0 ? inputGradient : layers[index - 1].activations.outputGradient
      layers[index].backward(
        arena.matrix(below, rows: rows.count), inputGradient: belowGradient,
        parameters: parameters, gradients: &gradients, rows: rows, selection: selection,
        trainable: trainable, gates: gates, gateGradient: gateGradient, arena: arena)
    }
  }
}
