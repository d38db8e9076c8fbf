internal import ArgumentParser

/// `moe-mlora prepare …`: turns published data into a dataset.
struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prepares published data for training.",
    discussion: """
      The dataset is a new directory: dataset.json, and a NumPy file for each column.

        moe-mlora prepare movielens --input ml-1m --by gender --output data/gender
        moe-mlora prepare reference --input split_by_theme_10 --output data/taobao-10
      """,
    subcommands: [PrepareMovieLens.self, PrepareReference.self])
}
