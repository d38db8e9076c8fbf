public import Kernels

/// The compressed interaction network of xDeepFM, with the weights of its outputs: one logit per row.
///
/// `x` `[B, F·K]` holds the `F` embeddings of a row side by side. With `X^0 = x` as `[F, K]`, layer `k`
/// multiplies every field with every hidden map of the layer below and compresses the products:
/// `Z[(f, h), c] = X^0[f, c] · X^{k-1}[h, c]`, `O = ReLU(Φ_kᵀ Z + φ_k)`, with `Φ_k` `[F·H_{k-1}, maps_k]`,
/// `H_0 = F`, and `φ_k` shared by all columns `c`. The first half of `O` is `X^k`, and the other half is an
/// output; all of the last layer is. The logit is `z = Σ_c O · v + b_v` over all outputs.
///
/// Samples are taken in blocks whose products stay in cache. Kept for the backward pass are the hidden
/// maps, and one bit for each output; the products are computed again, which costs less than memory.
///
/// - Source: Lian et al., “xDeepFM”, 2018, equations 6 to 8; sizes and the split as in `DeepCTR` 0.9.0.
public struct CompressedInteraction: Sendable {
  /// One layer: its parameters, its maps, and where what belongs to it lies in the arena.
  struct Layer: Sendable {
    /// `Φ`, `[F·H, maps]`.
    let weight: Slot
    /// `φ`, `[1, maps]`.
    let bias: Slot
    let maps: InteractionMaps
    /// Its outputs among those of all layers.
    let outputs: Range<Int>
    /// The products of a block, then their gradient, `[K·samples, F·H]`.
    let products: Slot
    /// The hidden maps of all rows, `[B·K, hidden]`.
    let hidden: Slot
    /// Their gradient for a block, `[K·samples, hidden]`.
    let hiddenGradient: Slot
    /// The signs of the outputs of all rows, `[B·K, signColumns]`.
    let signs: Slot
  }

  /// The number of fields, `F`.
  public let fields: Int
  /// The width of a field's vector, `K`.
  public let width: Int
  /// The weights `v` and the bias `b_v`.
  public let output: OutputHead
  let layers: [Layer]
  /// `Σ_c O` of all outputs, `[B, outputs]`.
  let sums: Slot
  /// The maps of a block before bias and ReLU, then their gradient, `[K·samples, maps]`.
  let maps: Slot
  /// The fields of a block, `[K·samples, F]`; their gradient as factors of products with maps, and
  /// as the maps that the first layer sees.
  let inputs, factorGradient, inputMapGradient: Slot

  /// The rows `(b, c)` of a block: products, maps and parameters of the reference's sizes fit in 1 MB.
  private static let blockRows = 256

  /// Reserves layer `k`'s tensors as `cin.<k>.weight` and `cin.<k>.bias`, `v` and `b_v` as
  /// `cin.output.weight` and `cin.output.bias`, and the activations of `capacity` rows.
  ///
  /// All of `maps`, the sizes of the layers, are positive, and even but for the last.
  public init(
    fields: Int, width: Int, maps: [Int] = [128, 128], capacity: Int,
    in plan: inout ParameterPlan, activations: inout Layout
  ) {
    precondition(fields > 0 && width > 0, "\(fields) fields of width \(width)")
    precondition(
      !maps.isEmpty && maps.allSatisfy { $0 > 0 } && maps.dropLast().allSatisfy { $0 % 2 == 0 },
      "layers of \(maps) maps")
    self.fields = fields
    self.width = width
    let blockRows = max(1, CompressedInteraction.blockRows / width) * width
    func scratch(_ name: String, _ columns: Int) -> Slot {
      activations.reserve("cin.\(name)", rows: blockRows, columns: columns)
    }
    inputs = scratch("inputs", fields)
    factorGradient = scratch("factorGradient", fields)
    inputMapGradient = scratch("inputMapGradient", fields)
    self.maps = scratch("maps", maps.reduce(0, max))
    var layers: [Layer] = []
    for (index, count) in maps.enumerated() {
      let below = layers.last?.maps.hidden ?? fields
      let hidden = index == maps.count - 1 ? 0 : count / 2
      let shape = InteractionMaps(width: width, hidden: hidden, outputs: count - hidden)
      let first = layers.last?.outputs.upperBound ?? 0
      func kept(_ name: String, _ columns: Int) -> Slot {
        activations.reserve("cin.\(index).\(name)", rows: capacity * width, columns: columns)
      }
      layers.append(
        Layer(
          weight: plan.reserve(
            "cin.\(index).weight", rows: fields * below, columns: count,
            .glorotUniform(inputs: fields * below, outputs: count)),
          bias: plan.reserve("cin.\(index).bias", columns: count, .constant(0)), maps: shape,
          outputs: first..<first + shape.outputs,
          products: scratch("\(index).products", fields * below),
          hidden: kept("hidden", hidden),
          hiddenGradient: scratch("\(index).hiddenGradient", hidden),
          signs: kept("signs", shape.signColumns)))
    }
    self.layers = layers
    let outputs = layers.reduce(0) { $0 + $1.outputs.count }
    sums = activations.reserve("cin.sums", rows: capacity, columns: outputs)
    output = OutputHead("cin.output", inputs: outputs, in: &plan)
  }

  /// The multiply-adds of a row: `K Σ_k F H_{k-1} (1 + maps_k)`, and one for each output.
  public var multiplyAdds: Int {
    layers.reduce(sums.columns) { $0 + width * $1.weight.rows * (1 + $1.weight.columns) }
  }

  /// Adds the logit of every row.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    forEachBlock(of: x.rows) { samples in
      spread(x.rows(samples), arena: arena)
      for index in layers.indices {
        forward(index, samples: samples, parameters: parameters, arena: arena)
      }
    }
    output.forward(arena.matrix(sums, rows: x.rows), parameters: parameters, into: &logits)
  }

  /// Computes one layer's maps of a block.
  private func forward(
    _ index: Int, samples: Range<Int>, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    let layer = layers[index]
    let rows = samples.count * width
    multiplyFields(at: index, samples: samples, arena: arena)
    // oneDNN adds up the product of a single row in another order than that of many; so a row that
    // is alone is multiplied together with what was in the next one before.
    let productRows = max(2, rows)
    var wide = arena.mutableMatrix(maps, rows: productRows)
    var values = wide.columns(0..<layer.weight.columns)
    multiply(
      arena.matrix(layer.products, rows: productRows), parameters.matrix(layer.weight),
      into: &values)
    let kept = keptRows(samples)
    var allHidden = arena.mutableMatrix(layer.hidden, rows: kept.upperBound)
    var hidden = allHidden.rows(kept)
    var allSigns = arena.mutableMatrix(layer.signs, rows: kept.upperBound)
    var signs = allSigns.rows(kept)
    var allSums = arena.mutableMatrix(sums, rows: samples.upperBound)
    var sampleSums = allSums.rows(samples)
    var layerSums = sampleSums.columns(layer.outputs)
    layer.maps.activate(
      values.view.rows(0..<rows), bias: parameters.span(layer.bias), hidden: &hidden,
      signs: &signs, sums: &layerSums)
  }
}

// MARK: - Blocks

extension CompressedInteraction {
  /// Calls `body` with the samples of one block after another.
  func forEachBlock(of count: Int, _ body: (Range<Int>) -> Void) {
    let samples = inputs.rows / width
    for first in stride(from: 0, to: count, by: samples) {
      body(first..<min(first + samples, count))
    }
  }

  /// Transposes the fields of a block's samples.
  func spread(_ x: Matrix, arena: borrowing Arena) {
    var block = arena.mutableMatrix(inputs, rows: x.rows * width)
    transposeFields(of: x, into: &block)
  }

  /// Computes the products of a layer for a block.
  func multiplyFields(at index: Int, samples: Range<Int>, arena: borrowing Arena) {
    let rows = samples.count * width
    var z = arena.mutableMatrix(layers[index].products, rows: rows)
    rowProducts(
      arena.matrix(inputs, rows: rows), mapsBelow(index, samples: samples, arena: arena), into: &z)
  }

  /// The maps that a layer sees, for the samples of a block.
  @_lifetime(borrow arena)
  func mapsBelow(_ index: Int, samples: Range<Int>, arena: borrowing Arena) -> Matrix {
    guard index > 0 else { return arena.matrix(inputs, rows: samples.count * width) }
    let kept = keptRows(samples)
    return arena.matrix(layers[index - 1].hidden, rows: kept.upperBound).rows(kept)
  }

  /// The rows `(b, c)` of samples.
  func keptRows(_ samples: Range<Int>) -> Range<Int> {
    samples.lowerBound * width..<samples.upperBound * width
  }
}
