import Datasets
import TestSupport

/// A small synthetic dataset, in a folder of its own.
struct TinyData {
  let dataset: Dataset
  private let folder: ScratchFolder

  /// Makes domains of about the given numbers of rows.
  init(_ sizes: [Int] = [400, 250, 40]) throws {
    var configuration = SyntheticConfiguration()
    configuration.domains = sizes.count
    configuration.samples = sizes.reduce(0, +)
    configuration.domainSizes = sizes.map(Double.init)
    configuration.domainCTRs = sizes.map { _ in 0.4 }
    configuration.users = 30
    configuration.items = 25
    folder = try ScratchFolder()
    let directory = "\(folder.path)/data"
    try SyntheticData(configuration).contents().write(to: directory)
    dataset = try Dataset(directory: directory)
  }
}
