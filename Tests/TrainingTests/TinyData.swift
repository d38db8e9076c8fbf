import Datasets
import TestSupport

/// A small synthetic dataset, in a folder of its own.
struct TinyData {
  let dataset: Dataset
  private let folder: ScratchFolder

  /// Makes domains of about the given numbers of rows.
  init(_ sizes: [Int] = [400, 250, 40]) throws {
    try self.init(TinyData.contents(sizes))
  }

  private init(_ contents: DatasetContents) throws {
    folder = try ScratchFolder()
    let directory = "\(folder.path)/data"
    try contents.write(to: directory)
    dataset = try Dataset(directory: directory)
  }

  private static func contents(_ sizes: [Int]) throws -> DatasetContents {
    var configuration = SyntheticConfiguration()
    configuration.domains = sizes.count
    configuration.samples = sizes.reduce(0, +)
    configuration.domainSizes = sizes.map(Double.init)
    configuration.domainCTRs = sizes.map { _ in 0.4 }
    configuration.users = 30
    configuration.items = 25
    return try SyntheticData(configuration).contents()
  }

  /// Makes domains whose validation rows are the training rows with the opposite labels: whatever is
  /// learned makes the figures worse, by as much as it makes those of the training rows better.
  static func contradictory(_ sizes: [Int]) throws -> TinyData {
    let contents = try contents(sizes)
    let domains = sizes.indices.map { domain in
      let train = contents.rows(ofDomain: domain, .train)
      var opposite = train
      opposite.labels = train.labels.map { 1 - $0 }
      return [
        Split.train: train, .validation: opposite,
        .test: contents.rows(ofDomain: domain, .test),
      ]
    }
    return try TinyData(
      DatasetContents(
        name: contents.name, schema: contents.schema, provenance: contents.provenance,
        domains: domains))
  }
}
