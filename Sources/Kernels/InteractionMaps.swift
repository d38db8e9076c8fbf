internal import CKernels

/// What becomes of the maps of one layer of a compressed interaction network.
///
/// Row `(b, c)` holds the maps of sample `b` at column `c` of its `K` embedding columns: the `hidden` ones
/// first, which the next layer sees, then the `outputs`, which are summed over `c`.
public struct InteractionMaps: Hashable, Sendable {
  /// The number of rows of a sample, `K`.
  public let width: Int
  /// The number of maps that the next layer sees.
  public let hidden: Int
  /// The number of maps that are summed.
  public let outputs: Int

  /// Describes the maps of a layer.
  public init(width: Int, hidden: Int, outputs: Int) {
    precondition(width > 0 && hidden >= 0 && outputs >= 0, "\(hidden) and \(outputs) maps")
    (self.width, self.hidden, self.outputs) = (width, hidden, outputs)
  }

  /// The floats whose bits say where the outputs of a row are above zero.
  ///
  /// The bits are all that the backward pass needs of the outputs, a 32nd of their size.
  public var signColumns: Int { (outputs + 31) / 32 }

  /// Applies bias and ReLU to `maps` `[B·K, hidden + outputs]`.
  ///
  /// With `y = max(0, maps + bias)`, NaN passed on, writes the hidden ones over `hidden`
  /// `[B·K, hidden]`, the sums `Σ_c y[(b, c)]` of the others over `sums` `[B, outputs]`, and the signs of
  /// those over `signs` `[B·K, signColumns]`, for
  /// ``backward(logitGradient:weights:hidden:hiddenGradient:signs:biasGradient:into:)``.
  public func activate(
    _ maps: Matrix, bias: Span<Float>, hidden: inout MutableMatrix, signs: inout MutableMatrix,
    sums: inout MutableMatrix
  ) {
    checkMaps(maps, samples: sums.rows, bias.count)
    checkKept(hidden.view, signs.view, rows: maps.rows)
    precondition(sums.columns == outputs, "\(sums.columns) sums of \(outputs) outputs")
    checkDisjoint(hidden.extent, maps.extent, bias.extent)
    checkDisjoint(signs.extent, maps.extent, bias.extent)
    checkDisjoint(sums.extent, maps.extent, bias.extent)
    checkDisjoint(hidden.extent, signs.extent, sums.extent)
    checkDisjoint(signs.extent, sums.extent, sums.extent)
    let shape = shape(
      samples: sums.rows, stride: maps.stride, sumsStride: sums.stride, signsStride: signs.stride)
    guard let bias = unsafe bias.start else { return }
    unsafe ck_activate_maps(shape, bias, maps.start, hidden.start, signs.start, sums.start)
  }

  /// Computes the gradient of the maps before bias and ReLU, and adds its rows to `biasGradient`.
  ///
  /// The gradient of hidden maps is `hiddenGradient` where `hidden` is above zero, and that of outputs
  /// `dz[b] · weights` where they were; both are zero elsewhere.
  public func backward(
    logitGradient dz: Span<Float>, weights: Span<Float>, hidden: Matrix, hiddenGradient: Matrix,
    signs: Matrix, biasGradient: inout MutableSpan<Float>, into gradient: inout MutableMatrix
  ) {
    checkMaps(gradient.view, samples: dz.count, biasGradient.count)
    checkKept(hidden, signs, rows: gradient.rows)
    checkKept(hiddenGradient, signs, rows: gradient.rows)
    precondition(weights.count == outputs, "\(weights.count) weights of \(outputs) outputs")
    checkDisjoint(gradient.extent, hidden.extent, hiddenGradient.extent)
    checkDisjoint(gradient.extent, signs.extent, biasGradient.extent)
    checkDisjoint(gradient.extent, dz.extent, weights.extent)
    checkDisjoint(biasGradient.extent, hidden.extent, hiddenGradient.extent)
    checkDisjoint(biasGradient.extent, signs.extent, dz.extent)
    checkDisjoint(biasGradient.extent, weights.extent, weights.extent)
    let shape = shape(
      samples: dz.count, stride: gradient.stride, sumsStride: 0, signsStride: signs.stride)
    guard let dz = unsafe dz.start, let weights = unsafe weights.start,
      let biasGradient = unsafe biasGradient.start
    else { return }
    unsafe ck_map_gradients(
      shape, dz, weights, hidden.start, hiddenGradient.start, signs.start, biasGradient,
      gradient.start)
  }

  private func shape(
    samples: Int, stride: Int, sumsStride: Int, signsStride: Int
  ) -> ck_maps {
    ck_maps(
      samples: samples, width: width, hidden: hidden, outputs: outputs, stride: stride,
      sums_stride: sumsStride, signs_stride: signsStride * MemoryLayout<Float>.stride)
  }

  private func checkMaps(_ maps: Matrix, samples: Int, _ biases: Int) {
    precondition(
      maps.rows == samples * width && maps.columns == hidden + outputs && biases == maps.columns,
      "[\(maps.rows), \(maps.columns)] and \(biases) biases for \(samples) samples of \(self)")
  }

  private func checkDisjoint(
    _ written: Range<UInt>, _ other: Range<UInt>, _ another: Range<UInt>
  ) {
    precondition(
      !written.overlaps(other) && !written.overlaps(another), "maps overlap another operand")
  }

  private func checkKept(_ hidden: Matrix, _ signs: Matrix, rows: Int) {
    precondition(
      hidden.rows == rows && hidden.columns == self.hidden && hidden.stride == self.hidden,
      "[\(hidden.rows), \(hidden.columns)] hidden maps for \(rows) rows of \(self.hidden)")
    precondition(
      signs.rows == rows && signs.columns == signColumns,
      "[\(signs.rows), \(signs.columns)] floats of signs for \(rows) rows of \(outputs)")
  }
}
