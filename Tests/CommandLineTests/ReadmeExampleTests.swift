import Experiments
import Foundation
import TestSupport
import Testing

/// What the README shows.
@Suite struct ReadmeExampleTests {
  @Test(.enabled(if: Python.has("numpy")), arguments: ["none", "mlora", "moe"])
  func `its Python reads a checkpoint and computes the digest`(adaptation: String) throws {
    let workplace = try Workplace()
    let run = try workplace.makeRun(["model.adaptation=\(adaptation)"])
    let readme = try String(
      contentsOf: MPIRun.packageFolder.appending(path: "README.md"), encoding: .utf8)
    let example = try #require(readme.firstMatch(of: /\n```python\n((?s).*?)```\n/))
    let checkpoint = "\(run)/checkpoints/final.safetensors"
    let output = try #require(Python.output(of: String(example.1), [checkpoint]))

    let lines = output.split(separator: "\n")
    #expect(try String(lines.last ?? "") == RunDirectory(existing: run).results().parametersSHA256)
    #expect(lines.contains("tower.0.weight (12, 8)"), "\(output)")
    #expect(lines.contains { $0.hasPrefix("gate.weight ") } == (adaptation == "moe"), "\(output)")
  }
}
