import Models
import Testing
import Training

/// `moe` after its first phase is a run without adaptation, to the last bit.
@Suite struct FirstPhaseTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: BackboneKind.adaptable)
  func `the first phase of moe is a run of none`(backbone: BackboneKind) throws {
    var runs = [TinyRun(backbone, .none), TinyRun(backbone, .moe)]
    for index in runs.indices {
      for phase in TrainingPhase.allCases { runs[index].training[phase].maximumEpochs = 2 }
    }
    let (plain, phased) = (try Finished(runs[0], data), try Finished(runs[1], data))
    #expect(plain.results.count == 1 && phased.results.count == 3)
    #expect(plain.results[0].validation == phased.results[0].validation)
    #expect(plain.results[0].test == phased.results[0].test)
    #expect(
      plain.records.map(\.validation)
        == phased.records.filter { $0.phase == .backbone }.map(\.validation))
    // The later phases leave the backbone as it is.
    let (found, expected) = (backboneBits(phased), backboneBits(plain))
    #expect(found == expected && !expected.isEmpty)
    #expect(plain.parameters != (try runs[0].trainer(data)).initialBits)
  }

  /// The bits of the backbone and of the tables, by name.
  private func backboneBits(_ finished: Finished) -> [String: [UInt32]] {
    let ranges = finished.model.ranges
    let entries = [ranges.dense, ranges.statistics, ranges.tables].flatMap {
      finished.model.layout.entries(in: $0)
    }
    return Dictionary(
      uniqueKeysWithValues: entries.map { ($0.name, Array(finished.parameters[$0.slot.range])) })
  }
}
