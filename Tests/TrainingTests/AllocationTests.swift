import CAllocations
import Datasets
import Models
import Testing
import Training

@Suite struct AllocationTests {
  @Test(arguments: TinyRun.adaptations, TableUpdates.allCases)
  func `fifty steps after the first allocate nothing`(
    adaptation: Adaptation, updates: TableUpdates
  ) throws {
    for batching in Batching.allCases {
      var run = TinyRun(.wdl, adaptation)
      run.training.tableUpdates = updates
      run.training.batching = batching
      try expectNoAllocation(run)
    }
  }

  @Test(arguments: TableUpdates.allCases)
  func `nor with sharded tables`(updates: TableUpdates) throws {
    var run = TinyRun(.wdl, .mlora)
    run.training.tables = .sharded
    run.training.tableUpdates = updates
    try expectNoAllocation(run)
  }

  @Test func `nor with a gate that sees the sample`() throws {
    var run = TinyRun()
    run.model.gate.input = .features
    try expectNoAllocation(run)
  }

  @Test(arguments: BackboneKind.allCases.filter { $0 != .wdl })
  func `nor with another backbone or network`(backbone: BackboneKind) throws {
    try expectNoAllocation(TinyRun(backbone, backbone.isMultiDomain ? .none : .moe))
  }

  /// Counts from one step's report to the report of the fiftieth after it, in every phase and expert.
  private func expectNoAllocation(_ run: TinyRun) throws {
    var run = run
    for phase in TrainingPhase.allCases {
      run.training[phase].globalBatch = 8
      run.training[phase].maximumEpochs = 1
    }
    let data = try TinyData([2000, 1200, 900])
    var trainer = try run.trainer(data)
    var found: [Int] = []
    found.reserveCapacity(10)
    let warmUp = 10
    _ = try trainer.train { event in
      guard case .stepped(let progress) = event else { return }
      if progress.step == warmUp { begin_counting_allocations() }
      // oneDNN packs the operands of some products in memory of its own, which it frees again.
      if progress.step == warmUp + 50 { found.append(Int(end_counting_allocations().others)) }
    }
    let tasks = run.model.adaptation == .moe ? 5 : 1
    #expect(found == Array(repeating: 0, count: tasks), "\(run.training.batching)")
  }
}
