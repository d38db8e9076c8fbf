import Training

extension AblationTable {
  /// Compares the test figures of runs, each after every phase, over seeds.
  ///
  /// A row is named by the values of the keys and, for runs of several phases, by the phase. Runs in
  /// one table have the same data and, apart from the seed and those keys, the same configuration:
  /// what a table compares is what its rows are named by.
  ///
  /// - Parameters:
  ///   - runs: Finished runs, in the order of the rows.
  ///   - keys: What names the rows.
  /// - Throws: ``ExperimentError`` naming the first run that does not fit, and why.
  public init(
    _ runs: [FinishedRun], rowKeys keys: [ConfigurationKey]
  ) throws(ExperimentError) {
    if let first = runs.first {
      for run in runs.dropFirst() { try run.checkIsComparable(to: first, apartFrom: keys) }
    }
    for (index, run) in runs.enumerated() {
      for other in runs[..<index] { try run.checkIsNotRepetition(of: other, keys) }
    }
    self.init(runs.flatMap { $0.entries(rowKeys: keys) })
  }
}

extension FinishedRun {
  /// The values of keys, as they are written in a file; of a key of all phases one value where they
  /// agree, and `backbone/experts/gate` where not.
  private func name(_ keys: [ConfigurationKey]) -> String {
    keys.map { key in
      let texts = key.storedKeys.map { $0.text(configuration) }
      return Set(texts).count == 1 ? texts[0] : texts.joined(separator: "/")
    }
    .joined(separator: " ")
  }

  /// Throws if data or configuration differ from those of another run in more than seed and keys.
  fileprivate func checkIsComparable(
    to other: FinishedRun, apartFrom keys: [ConfigurationKey]
  ) throws(ExperimentError) {
    let fingerprints = (results.dataset.fingerprint, other.results.dataset.fingerprint)
    guard fingerprints.0 == fingerprints.1 else {
      throw .incomparable(
        path: path, expected: "dataset \(fingerprints.1.prefix(16))", other: other.path,
        found: "\(fingerprints.0.prefix(16))")
    }
    let free = Set(keys.flatMap(\.storedKeys).map(\.name)).union(["seed"])
    for key in ConfigurationKey.all
    where key.isStored && key.decidesResults && !free.contains(key.name) {
      let texts = (key.text(configuration), key.text(other.configuration))
      guard texts.0 == texts.1 else {
        throw .incomparable(
          path: path, expected: "\(key.name) \(texts.1)", other: other.path, found: texts.0)
      }
    }
  }

  /// Throws if a comparable run has the same seed and the same values of the keys.
  fileprivate func checkIsNotRepetition(
    of other: FinishedRun, _ keys: [ConfigurationKey]
  ) throws(ExperimentError) {
    guard name(keys) == other.name(keys), configuration.seed == other.configuration.seed else {
      return
    }
    throw .repeated(path: path, other: other.path, seed: configuration.seed)
  }

  /// The run's figures after each of its phases; those that the data leaves undefined are left out.
  fileprivate func entries(rowKeys keys: [ConfigurationKey]) -> [AblationTable.Entry] {
    results.phases.flatMap { result in
      let suffix = results.phases.count > 1 ? " after \(result.phase.rawValue)" : ""
      let figures = [
        ("test weighted AUC", result.test.weightedAUC), ("test mean AUC", result.test.meanAUC),
      ]
      return figures.compactMap { column, figure in
        figure.map {
          AblationTable.Entry(
            row: name(keys) + suffix, column: column, seed: configuration.seed, value: $0)
        }
      }
    }
  }
}
