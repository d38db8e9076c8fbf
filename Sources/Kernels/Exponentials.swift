internal import CKernels

/// Replaces every row by its softmax, `exp(x - max) / sum`.
public func softmaxRows(_ x: inout MutableMatrix) {
  unsafe ck_softmax(x.rows, x.columns, x.stride, x.start)
}

/// Writes the probabilities `1 / (1 + exp(-z))` of logits `z`.
public func sigmoid(_ z: Span<Float>, into p: inout MutableSpan<Float>) {
  precondition(z.count == p.count, "\(z.count) logits into \(p.count) probabilities")
  guard let zStart = unsafe z.start, let pStart = unsafe p.start else { return }
  unsafe ck_sigmoid(z.count, zStart, pStart)
}

/// Writes each row's cross-entropy `log(1 + exp z) - y z`, and `scale` times its derivative
/// `sigmoid(z) - y`.
///
/// All spans have one element per row; `labels` are 0 or 1 and `logits` finite. What is written
/// overlaps no other operand.
public func crossEntropy(
  logits: Span<Float>, labels: Span<Float>, scale: Float,
  losses: inout MutableSpan<Float>, derivatives: inout MutableSpan<Float>
) {
  let count = logits.count
  precondition(
    labels.count == count && losses.count == count && derivatives.count == count,
    "\(count) logits, \(labels.count) labels, \(losses.count) losses, \(derivatives.count)")
  let (lossExtent, derivativeExtent) = (losses.extent, derivatives.extent)
  precondition(
    !lossExtent.overlaps(logits.extent) && !lossExtent.overlaps(labels.extent)
      && !derivativeExtent.overlaps(logits.extent) && !derivativeExtent.overlaps(labels.extent)
      && !lossExtent.overlaps(derivativeExtent), "losses or derivatives overlap another operand")
  guard let z = unsafe logits.start, let y = unsafe labels.start,
    let loss = unsafe losses.start, let derivative = unsafe derivatives.start
  else { return }
  unsafe ck_cross_entropy(count, scale, z, y, loss, derivative)
}
