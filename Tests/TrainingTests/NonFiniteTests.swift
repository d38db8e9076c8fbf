import Datasets
import Features
import Kernels
import Models
import Reference
import Testing
import Training

/// Steps that meet a number that is not finite: which one is named, and what they leave.
@Suite struct NonFiniteTests {
  private let data: TinyData
  private let schema: Schema

  init() throws {
    data = try TinyData()
    schema = data.dataset.schema
  }

  @Test func `a parameter that is not finite is named before all that follows from it`() throws {
    try expectFailure { parameters, model in
      set(.infinity, "tower.1.weight", 0, &parameters, model)
    } _: { number in
      #expect(number == NonFiniteNumber(rank: nil, domain: nil, place: "tower.1.weight"))
    }
  }

  @Test func `a logit that overflows is named with its domain`() throws {
    try expectFailure { parameters, model in
      // The weights of a user and of a domain are large, the sum of both is infinite for one domain.
      for entry in model.layout.entries where entry.name == "wide.\(schema.fields[0].name)" {
        fill(entry.slot, 3e38, &parameters)
      }
      set(3e38, "wide.\(schema.fields[schema.domainField].name)", 2, &parameters, model)
    } _: { number in
      #expect(number.rank == 5 && number.domain == schema.domainNames[2])
      #expect(number.place == "the logit")
    }
  }

  @Test func `a gradient that overflows where all logits are finite is named`() throws {
    try expectFailure(hidden: [1]) { parameters, model in
      // The unit is tiny, the head enormous: the logit is moderate, the gradient of the weight is not.
      for entry in model.layout.entries where entry.name.hasPrefix("tower.0.weight") {
        fill(entry.slot, 0, &parameters)
      }
      set(1e-30, "tower.0.bias", 0, &parameters, model)
      set(1e30, "head.weight", 0, &parameters, model)
      for field in schema.fields {
        for entry in model.layout.entries where entry.name == "embedding.\(field.name)" {
          fill(entry.slot, 1e12, &parameters)
        }
      }
    } _: { number in
      #expect(number.rank == 5)
      #expect(number.place == "the gradient of tower.0.weight")
    }
  }

  @Test func `a sum that overflows where no shard does is named without a rank`() throws {
    try expectFailure(hidden: [1]) { parameters, model in
      // The same gradient in every row; only their sum, over shards, is too large.
      for entry in model.layout.entries where entry.name.hasPrefix("tower.0.weight") {
        fill(entry.slot, 0, &parameters)
      }
      set(1, "tower.0.bias", 0, &parameters, model)
      set(-50, "head.weight", 0, &parameters, model)
      for entry in model.layout.entries where entry.name.hasPrefix("embedding.") {
        fill(entry.slot, 3e37, &parameters)
      }
    } _: { number in
      #expect(
        number
          == NonFiniteNumber(
            rank: nil, isSum: true, domain: nil, place: "the gradient of tower.0.weight"))
    }
  }

  @Test func `a gradient of an embedding that overflows alone is named`() throws {
    try expectFailure(hidden: [1]) { parameters, model in
      // A row's gradient of the embeddings is δ w: the head's weight times that of the tower.
      for entry in model.layout.entries where entry.name.hasPrefix("tower.0.weight") {
        fill(entry.slot, 3e38, &parameters)
      }
      for entry in model.layout.entries where entry.name.hasPrefix("embedding.") {
        fill(entry.slot, 2e-38, &parameters)
      }
      set(1e5, "head.weight", 0, &parameters, model)
    } _: { number in
      #expect(number.rank == 5 && !number.isSum)
      #expect(number.place == "the gradient of embedding.\(schema.fields[0].name)")
    }
  }

  @Test func `a sum of a table row's gradients that overflows alone is named`() throws {
    try expectFailure(hidden: [1]) { parameters, model in
      // The gradient of every row's embeddings is nearly infinite; a domain has many rows.
      for entry in model.layout.entries where entry.name.hasPrefix("tower.0.weight") {
        fill(entry.slot, 2e38, &parameters)
      }
      for entry in model.layout.entries where entry.name.hasPrefix("embedding.") {
        fill(entry.slot, 2e-38, &parameters)
      }
      set(60, "head.weight", 0, &parameters, model)
    } _: { number in
      #expect(number.rank == nil && number.isSum)
      #expect(number.place == "the gradient of embedding.\(schema.fields[0].name)")
    }
  }

  @Test func `the error says what, where and when in one line`() {
    let number = NonFiniteNumber(rank: 3, domain: "Toys", place: "the logit")
    let error = TrainingError.notFinite(number, phase: .experts, expert: 2, epoch: 4, step: 17)
    #expect(
      error.description == """
        experts 2, epoch 4, step 17: expected finite numbers, found one that is not in the logit on \
        rank 3, for rows of domain Toys; a smaller training.learningRate usually helps
        """)
  }

  /// Takes a step from changed parameters, which must fail and change none of them.
  private func expectFailure(
    hidden: [Int] = [8, 6], _ change: (inout Buffer, Model) -> Void,
    _ check: (NonFiniteNumber) -> Void
  ) throws {
    var run = TinyRun(.wdl, .none)
    run.model.hidden = hidden
    run.model.dropout = 0
    let model = try run.trainer(data).model
    var parameters = model.initialParameters(seed: 1)
    change(&parameters, model)
    let before = parameters.bits(model.ranges.all)
    var engine = try StepEngine(
      .backbone(model), model: model, configuration: run.training, group: .alone, rank: 5)
    let rows = data.dataset.rows(of: .train)
    let plan = EpochPlan(
      of: rows, domains: 0..<3, stream: RandomStream(seed: 1, purpose: .shuffle), globalBatch: 48,
      shards: run.training.shards, batching: run.training.batching)
    do throws(StepError) {
      try engine.step(0, of: plan, rows: rows, parameters: &parameters, dropout: nil)
      Issue.record("the step was taken")
    } catch {
      guard case .notFinite(let number) = error else { throw error }
      check(number)
    }
    // Not compared in the expectation, which would print them.
    let isUntouched = parameters.bits(model.ranges.all) == before
    #expect(isUntouched)
  }

  private func set(
    _ value: Float, _ name: String, _ index: Int, _ parameters: inout Buffer, _ model: Model
  ) {
    for entry in model.layout.entries where entry.name == name {
      var values = floats(of: parameters.span(entry.slot))
      values[index] = value
      parameters.store(values, in: entry.slot)
    }
  }

  private func fill(_ slot: Slot, _ value: Float, _ parameters: inout Buffer) {
    parameters.store(Array(repeating: value, count: slot.count), in: slot)
  }
}
