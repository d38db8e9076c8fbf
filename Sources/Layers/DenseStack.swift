public import Kernels

/// Dense layers on top of each other: an expert, a shared bottom, or one domain's tower.
///
/// Stacks whose rows are not the same, as those of two domains, may share ``Activations``.
public struct DenseStack: Sendable {
  /// The activations of every layer, from the first to the last.
  public struct Activations: Sendable {
    /// The layers' outputs, `[B, O]`.
    public let outputs: [Slot]
    /// Their gradients.
    public let gradients: [Slot]

    /// Reserves the activations of layers of these widths.
    public init(_ name: String, widths: [Int], capacity: Int, in activations: inout Layout) {
      outputs = widths.enumerated().map {
        activations.reserve("\(name).\($0).output", rows: capacity, columns: $1)
      }
      gradients = widths.enumerated().map {
        activations.reserve("\(name).\($0).outputGradient", rows: capacity, columns: $1)
      }
    }
  }

  let layers: [Dense]
  /// The first layer's input and its gradient.
  private let input: (value: Slot, gradient: Slot)

  /// Reserves the layers as `name.0`, `name.1`, ….
  ///
  /// - Parameters:
  ///   - name: what the tensors' names begin with.
  ///   - input: where the first layer reads.
  ///   - inputGradient: where it writes its input's gradient.
  ///   - activations: where the layers write.
  ///   - firstDropoutWord: the first of ``dropoutWords(widths:)`` words that no other stack of the
  ///     same rows uses.
  ///   - plan: the parameters under construction.
  public init(
    _ name: String, input: Slot, inputGradient: Slot, activations: Activations,
    firstDropoutWord: Int, in plan: inout ParameterPlan
  ) {
    self.input = (input, inputGradient)
    var inputs = input.columns
    var word = firstDropoutWord
    var layers: [Dense] = []
    for (index, slots) in zip(activations.outputs, activations.gradients).enumerated() {
      layers.append(
        Dense(
          "\(name).\(index)", inputs: inputs, output: slots.0, outputGradient: slots.1,
          firstDropoutWord: word, in: &plan))
      inputs = slots.0.columns
      word += DropoutMask.wordCount(width: inputs)
    }
    self.layers = layers
  }

  /// The number of layers.
  public var depth: Int { layers.count }

  /// The words of a row's dropout mask that layers of these widths use.
  public static func dropoutWords(widths: [Int]) -> Int {
    widths.reduce(0) { $0 + DropoutMask.wordCount(width: $1) }
  }

  /// The last layer's output; without layers, the input.
  public var output: Slot { layers.last?.output ?? input.value }

  /// The gradient of ``output``.
  public var outputGradient: Slot { layers.last?.outputGradient ?? input.gradient }

  /// The multiply-adds of a row.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.weight.count } }

  /// Computes the layers' outputs for a run of rows.
  public func forward(
    parameters: borrowing Buffer, rows: RowContext, run: Range<Int>, arena: borrowing Arena
  ) {
    var input = input.value
    for layer in layers {
      layer.forward(
        arena.matrix(input, rows: rows.count).rows(run), parameters: parameters, rows: rows,
        run: run, arena: arena)
      input = layer.output
    }
  }

  /// Overwrites the gradients of all layers from that of ``output``, and that of the input's rows.
  ///
  /// With `addsToInput` the input's gradient is added to what is there.
  public func backward(
    addsToInput: Bool = false, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, run: Range<Int>, arena: borrowing Arena
  ) {
    for index in layers.indices.reversed() {
      let below = index == 0 ? input.value : layers[index - 1].output
      layers[index].backward(
        arena.matrix(below, rows: rows.count).rows(run),
        inputGradient: index == 0 ? input.gradient : layers[index - 1].outputGradient,
        beta: index == 0 && addsToInput ? 1 : 0, parameters: parameters, gradients: &gradients,
        rows: rows, run: run, arena: arena)
    }
  }

  /// Sets the gradients of all layers to zero: those of a domain without a row in the shard.
  public func clearGradients(_ gradients: inout Buffer) {
    for layer in layers { gradients.zero(layer.range) }
  }
}
