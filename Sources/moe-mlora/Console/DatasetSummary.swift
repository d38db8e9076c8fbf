internal import Datasets
internal import Experiments

/// What was prepared, for the terminal.
enum DatasetSummary {
  /// A line per domain with its rows, positives and split sizes, and the dataset's fingerprint.
  static func text(_ description: DatasetDescription, at path: String) -> String {
    let header = ["domain", "rows", "positives", "CTR", "train", "validation", "test"]
    let records = description.domains.enumerated().map { index, domain in
      ["\(index) \(domain.name)", "\(domain.rows)", "\(domain.positives)"]
        + [ctr(domain.positives, of: domain.rows)]
        + Split.allCases.map { "\(domain[$0].rows)" }
    }
    let rows = description.domains.reduce(0) { $0 + $1.rows }
    let positives = description.domains.reduce(0) { $0 + $1.positives }
    let total =
      ["all", "\(rows)", "\(positives)", ctr(positives, of: rows)]
      + Split.allCases.map { split in
        "\(description.domains.reduce(0) { $0 + $1[split].rows })"
      }
    return TextTable([header] + records + [total]).description
      + "\n\(path): \(description.name), fingerprint \(description.fingerprint.prefix(16))"
  }

  private static func ctr(_ positives: Int, of rows: Int) -> String {
    rows == 0 ? "-" : "\((10_000 * Double(positives) / Double(rows)).rounded() / 10_000)"
  }
}
