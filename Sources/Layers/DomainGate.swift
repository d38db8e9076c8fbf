public import Kernels

/// A gate that sees the domain alone: `g = softmax(G_e[m] · G_W + G_b)`.
///
/// `G_e` is `[D, H]`, `G_W` `[H, E]`, `G_b` `[E]`. It is a learned table of `D` mixtures.
///
/// - Source: MoE-MLoRA, arXiv 2506.07563; sizes as in its reference code.
public struct DomainGate: Sendable {
  /// `G_e`, `[D, H]`.
  public let embedding: Slot
  /// `G_W`, `[H, E]`.
  public let weight: Slot
  /// `G_b`, `[1, E]`.
  public let bias: Slot
  /// The mixture of every domain, `[D, E]`.
  private let mixtures: Slot
  /// The gradient of every domain's softmax input, `[D, E]`.
  private let domainGradients: Slot

  /// The reference's width of the gate's embedding.
  public static let referenceWidth = 4

  /// Reserves the tensors as `gate.embedding`, `gate.weight` and `gate.bias`.
  ///
  /// With an `ownDomainShare`, domain `m` starts with this weight on its own experts, by an embedding
  /// of width `D` that tells domains apart; without, it starts at random, by one of width
  /// ``referenceWidth``.
  public init(
    domains: Int, experts: Int, ownDomainShare: Double?, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    if let share = ownDomainShare {
      embedding = plan.reserve("gate.embedding", rows: domains, columns: domains, .diagonal(1))
      weight = plan.reserve(
        "gate.weight", rows: domains, columns: experts,
        .ownDomainLogits(share: share))
    } else {
      let width = DomainGate.referenceWidth
      embedding = plan.reserve(
        "gate.embedding", rows: domains, columns: width, .uniform(limit: 0.05))
      weight = plan.reserve(
        "gate.weight", rows: width, columns: experts,
        .glorotUniform(inputs: width, outputs: experts))
    }
    bias = plan.reserve("gate.bias", columns: experts, .constant(0))
    mixtures = activations.reserve("gate.mixtures", rows: domains, columns: experts)
    domainGradients = activations.reserve("gate.domainGradients", rows: domains, columns: experts)
  }

  func forward(
    parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena,
    into g: inout MutableMatrix
  ) {
    formMixtures(parameters, arena: arena)
    let table = arena.matrix(mixtures, rows: mixtures.rows)
    for run in rows.runs {
      for row in run.rows {
        var span = g[row: row]
        copy(table[row: run.domain], into: &span)
      }
    }
  }

  /// The weights of all experts for the rows of a domain.
  func weights(
    ofDomain domain: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) -> [Float] {
    formMixtures(parameters, arena: arena)
    let weights = arena.matrix(mixtures, rows: mixtures.rows)[row: domain]
    return (0..<weights.count).map { weights[$0] }
  }

  private func formMixtures(_ parameters: borrowing Buffer, arena: borrowing Arena) {
    var table = arena.mutableMatrix(mixtures, rows: mixtures.rows)
    multiply(parameters.matrix(embedding), parameters.matrix(weight), into: &table)
    addBias(parameters.span(bias), to: &table)
    softmaxRows(&table)
  }

  /// Computes, with `Q[m]` the sum of `dq` over the rows of domain `m`, `dG_W = Σ_m G_e[m]ᵀ Q[m]`,
  /// `dG_b = Σ_m Q[m]` and `dG_e[m] = Q[m] · G_Wᵀ`.
  func accumulate(
    _ dq: Matrix, parameters: borrowing Buffer, gradients: inout Buffer, rows: RowContext,
    arena: borrowing Arena
  ) {
    var sums = arena.mutableMatrix(domainGradients, rows: domainGradients.rows)
    for domain in 0..<sums.rows {
      var span = sums[row: domain]
      fill(&span, with: 0)
    }
    for run in rows.runs {
      var span = sums[row: run.domain]
      addRows(of: dq.rows(run.rows), into: &span)
    }
    var biasGradient = gradients.mutableSpan(bias)
    fill(&biasGradient, with: 0)
    addRows(of: sums.view, into: &biasGradient)
    var weightGradient = gradients.mutableMatrix(weight)
    multiply(transposed: parameters.matrix(embedding), sums.view, into: &weightGradient)
    var embeddingGradient = gradients.mutableMatrix(embedding)
    multiply(sums.view, transposed: parameters.matrix(weight), into: &embeddingGradient)
  }
}
