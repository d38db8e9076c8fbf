import Glibc
import Kernels

/// How a parameter's elements are drawn at first.
///
/// Every tensor has a stream of its own, derived from its name, so that no two start alike and adding
/// one changes no other.
public enum Initialisation: Sendable {
  /// All elements equal.
  case constant(Float)
  /// Normal with mean 0.
  case normal(deviation: Double)
  /// Normal with mean 0 truncated at two deviations, in `±2 · deviation`, and not rescaled: what is left
  /// has 0.88 times this deviation.
  ///
  /// - Source: Keras' `TruncatedNormal`.
  case truncatedNormal(deviation: Double)
  /// Uniform in `-limit..<limit`.
  case uniform(limit: Double)
  /// Normal truncated at two deviations and rescaled, with deviation `sqrt(2 / (I + O))` afterwards.
  ///
  /// - Source: Glorot and Bengio, 2010, equation 16, with normal values as in Keras.
  case glorotNormal(inputs: Int, outputs: Int)
  /// The absolute values of ``glorotNormal(inputs:outputs:)``, in front of a ReLU that would otherwise
  /// leave some units without gradient for good.
  case positiveGlorotNormal(inputs: Int, outputs: Int)
  /// Uniform in `±sqrt(6 / (I + O))`.
  ///
  /// - Source: Glorot and Bengio, 2010, equation 16.
  case glorotUniform(inputs: Int, outputs: Int)
  /// A matrix with this value where row and column are equal, and zero elsewhere.
  case diagonal(Float)
  /// `[D, E]` logits whose softmax gives a domain's own experts, those of index `i ≡ m mod D`, the
  /// weight `share` together; zero for the others.
  case ownDomainLogits(share: Double)

  /// The deviation of the standard normal distribution truncated at ±2.
  static let truncatedDeviation = 0.879_625_661_034_239_78

  /// Draws consecutive elements of a tensor, from its element `first` on.
  ///
  /// An element does not depend on which others are drawn with it.
  func fill(
    _ values: inout MutableSpan<Float>, of tensor: Slot, from first: Int, _ stream: RandomStream
  ) {
    switch self {
    case .constant(let value):
      Kernels.fill(&values, with: value)
    case .normal(let deviation):
      for i in 0..<values.count { values[i] = Float(deviation * stream.normal(at: first + i)) }
    case .truncatedNormal(let deviation):
      for i in 0..<values.count {
        values[i] = Float(deviation * stream.truncatedNormal(at: first + i))
      }
    case .uniform(let limit):
      for i in 0..<values.count {
        values[i] = Float(limit * (2 * stream.uniform(at: first + i) - 1))
      }
    case .glorotNormal(let inputs, let outputs):
      let deviation =
        (2 / Double(inputs + outputs)).squareRoot() / Initialisation.truncatedDeviation
      Initialisation.truncatedNormal(deviation: deviation).fill(
        &values, of: tensor, from: first, stream)
    case .positiveGlorotNormal(let inputs, let outputs):
      Initialisation.glorotNormal(inputs: inputs, outputs: outputs)
        .fill(&values, of: tensor, from: first, stream)
      for i in 0..<values.count { values[i] = abs(values[i]) }
    case .glorotUniform(let inputs, let outputs):
      let limit = (6 / Double(inputs + outputs)).squareRoot()
      Initialisation.uniform(limit: limit).fill(&values, of: tensor, from: first, stream)
    case .diagonal(let value):
      for i in 0..<values.count {
        let (row, column) = (first + i).quotientAndRemainder(dividingBy: tensor.columns)
        values[i] = row == column ? value : 0
      }
    case .ownDomainLogits(let share):
      let (domains, experts) = (tensor.rows, tensor.columns)
      for i in 0..<values.count {
        let (domain, expert) = (first + i).quotientAndRemainder(dividingBy: experts)
        let isOwn = expert % domains == domain
        values[i] =
          isOwn
          ? Float(ownDomainLogit(share: share, domain: domain, domains: domains, experts: experts))
          : 0
      }
    }
  }
}

/// The logit, over zero for the others, that gives a domain's own experts a weight.
///
/// With `n` own experts among `E` it is `log(p (E - n) / ((1 - p) n))`; zero when all or none are own.
private func ownDomainLogit(share p: Double, domain: Int, domains: Int, experts: Int) -> Double {
  let own = (0..<experts).count { $0 % domains == domain }
  guard own > 0, own < experts else { return 0 }
  return log(p * Double(experts - own) / ((1 - p) * Double(own)))
}
