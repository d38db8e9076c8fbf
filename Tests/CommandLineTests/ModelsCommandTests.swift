import Experiments
import Foundation
import Models
import TestSupport
import Testing

@Suite struct ModelsCommandTests {
  @Test func `every backbone is listed with the published sizes of MovieLens by gender`() throws {
    let run = try MPIRun.start(["models", "--json", "--set", "model.experts=10"], ranks: nil)
    #expect(run.exitCode == 0, "\(run.report)")
    let sizes = try JSONDecoder().decode([ModelSize].self, from: Data(run.output.utf8))
    #expect(sizes.map(\.backbone) == BackboneKind.allCases)
    let wdl = try #require(sizes.first { $0.backbone == .wdl })
    #expect(wdl.adaptations["none"]?.parameters == 47_617)
    #expect(wdl.adaptations["mlora"]?.multiplyAdds == 55_488)
    #expect(wdl.adaptations["moe"]?.parameters == 135_355)
    #expect(wdl.tableParameters == 9 * (6041 + 3953 + 2))
    #expect(sizes.last?.adaptations.keys.sorted() == ["none"])
  }

  @Test func `networks that need two layers have a dash where there is one`() throws {
    let settings = ["--set", "model.hidden=[64]"]
    let run = try MPIRun.start(["models", "--json"] + settings, ranks: nil)
    #expect(run.exitCode == 0, "\(run.report)")
    let sizes = try JSONDecoder().decode([ModelSize].self, from: Data(run.output.utf8))
    #expect(sizes.map(\.backbone) == BackboneKind.allCases)
    for size in sizes {
      let isBuilt = ![.mmoe, .ple].contains(size.backbone)
      #expect(size.adaptations.isEmpty != isBuilt && (size.tableParameters != nil) == isBuilt)
    }
    let text = try MPIRun.start(["models"] + settings, ranks: nil)
    let line = text.output.split(separator: "\n").first { $0.contains("mmoe") } ?? ""
    #expect(line.split { " │|".contains($0) } == ["mmoe"] + Array(repeating: "-", count: 7))
  }

  @Test func `a dataset gives the sizes of its own tables`() throws {
    let workplace = try Workplace()
    let run = try MPIRun.start(
      ["models", "--json", "--dataset", workplace.makeDataset()], ranks: nil)
    #expect(run.exitCode == 0, "\(run.report)")
    let sizes = try JSONDecoder().decode([ModelSize].self, from: Data(run.output.utf8))
    let count = try #require(sizes[0].tableParameters)
    #expect(count != 8 * (6041 + 3953 + 2) && count > 0)
  }

  @Test func `what is no dataset is refused`() throws {
    let run = try MPIRun.start(["models", "--dataset", "/nowhere"], ranks: nil)
    #expect(run.exitCode == 2 && run.problems.count == 1, "\(run.report)")
  }
}
