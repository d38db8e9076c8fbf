internal import Kernels

/// The structure planted in synthetic data: who likes what, and how domains differ.
struct PlantedPreferences: Sendable {
  private let configuration: SyntheticConfiguration
  private let userTerms: [Double]
  private let itemTerms: [Double]
  private let userFactors: [Double]  // [users, R]
  private let itemFactors: [Double]  // [items, R]
  private let domainFactors: [Double]  // [domains, R, R], the product of the low-rank factors

  /// Draws all terms from a stream.
  init(_ configuration: SyntheticConfiguration, stream: RandomStream) {
    self.configuration = configuration
    let (r, s) = (configuration.sharedRank, configuration.shiftRank)
    func normals(_ purpose: Int, _ count: Int) -> [Double] {
      let stream = stream.derived(purpose)
      return (0..<count).map { stream.normal(at: $0) }
    }
    userTerms = normals(0, configuration.users)
    itemTerms = normals(1, configuration.items)
    userFactors = normals(2, configuration.users * r)
    itemFactors = normals(3, configuration.items * r)
    let left = normals(4, configuration.domains * r * s)
    let right = normals(5, configuration.domains * r * s)
    domainFactors = (0..<configuration.domains * r * r).map { index in
      let (domain, i, j) = (index / (r * r), index / r % r, index % r)
      return (0..<s).reduce(0) { sum, k in
        sum + left[(domain * r + i) * s + k] * right[(domain * r + j) * s + k]
      }
    }
  }

  /// The logit of a row before the domain's intercept; see ``SyntheticData``.
  func affinity(user: Int, item: Int, domain: Int) -> Double {
    let (r, s) = (configuration.sharedRank, configuration.shiftRank)
    var shared = 0.0
    var shift = 0.0
    for i in 0..<r {
      shared += userFactors[user * r + i] * itemFactors[item * r + i]
      for j in 0..<r {
        shift +=
          userFactors[user * r + i] * domainFactors[(domain * r + i) * r + j]
          * itemFactors[item * r + j]
      }
    }
    let rank = Double(max(1, r))
    return configuration.userDeviation * userTerms[user]
      + configuration.itemDeviation * itemTerms[item]
      + configuration.sharedDeviation * shared / rank.squareRoot()
      + configuration.shiftDeviation * shift / (rank * Double(max(1, s)).squareRoot())
  }
}
