import Datasets
import TestSupport
import Testing

/// `moe-mlora prepare` and `synthesize` of what is as it should be.
@Suite(.serialized) struct PreparationTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  @Test(arguments: [("gender", 2), ("age", 7)])
  func `MovieLens-1M becomes a dataset`(attribute: String, domains: Int) throws {
    try expectDataset(from: workplace.makeMovieLens(), by: attribute, domains: domains, "1m")
  }

  @Test func `MovieLens-100K becomes a dataset`() throws {
    try expectDataset(from: workplace.makeSmallMovieLens(), by: "gender", domains: 2, "100k")
  }

  private func expectDataset(
    from input: String, by attribute: String, domains: Int, _ release: String
  ) throws {
    let output = workplace.path("new/data")
    let run = try MPIRun.start([
      "prepare", "movielens", "--input", input, "--by", attribute, "--output", output,
    ])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
    let dataset = try Dataset(directory: output)
    try dataset.verify()
    #expect(dataset.schema.domainCount == domains)
    #expect(Split.allCases.reduce(0) { $0 + dataset.rows(of: $1).count } == 400)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == domains + 3)
    #expect(
      lines[0].split(separator: " ") == [
        "domain", "rows", "positives", "CTR", "train", "validation", "test",
      ])
    #expect(lines[domains + 1].hasPrefix("all "))
    #expect(
      lines[domains + 2] == "\(output): movielens-\(release)-\(attribute), "
        + "fingerprint \(dataset.fingerprint.prefix(16))")
    #expect(try workplace.contents().filter { $0.contains("partial") } == [])
  }

  @Test func `several ranks write a dataset once, and the same`() throws {
    let options = ["synthesize", "--domains", "3", "--samples", "900", "--output"]
    let alone = try MPIRun.start(options + [workplace.path("alone")])
    let together = try MPIRun.start(options + [workplace.path("together")], ranks: 3)
    #expect(alone.exitCode == 0, "\(alone.report)")
    #expect(together.exitCode == 0, "\(together.report)")
    #expect(together.errorOutput.isEmpty, "\(together.report)")
    #expect(together.output.replacing("together", with: "alone") == alone.output)
    let first = try Dataset(directory: workplace.path("alone"))
    let second = try Dataset(directory: workplace.path("together"))
    #expect(first.description == second.description)
  }

  @Test func `an empty directory is taken as the output`() throws {
    try workplace.write("", to: "data/file")
    try workplace.remove("data/file")
    let run = try MPIRun.start([
      "synthesize", "--domains", "1", "--samples", "300", "--output", workplace.path("data"),
    ])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(try Dataset(directory: workplace.path("data")).schema.domainCount == 1)
  }
}
