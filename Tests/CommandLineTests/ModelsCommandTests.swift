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

  @Test func `a dataset gives the sizes of its own tables`() throws {
    let workplace = try Workplace()
    let run = try MPIRun.start(
      ["models", "--json", "--dataset", workplace.makeDataset()], ranks: nil)
    #expect(run.exitCode == 0, "\(run.report)")
    let sizes = try JSONDecoder().decode([ModelSize].self, from: Data(run.output.utf8))
    #expect(sizes[0].tableParameters != 8 * (6041 + 3953 + 2) && sizes[0].tableParameters > 0)
  }

  @Test func `what is no dataset is refused`() throws {
    let run = try MPIRun.start(["models", "--dataset", "/nowhere"], ranks: nil)
    #expect(run.exitCode == 2 && run.problems.count == 1, "\(run.report)")
  }
}
