import Models

/// What a rank takes in a phase, in bytes.
struct RankSize {
  /// What it has for itself, but for copies for checkpoints.
  private let own: Int
  /// What it shares with the ranks of its node.
  private let shared: Int
  /// What of its own are parameters, the best ones, moments and gradients of tables.
  private let parameters: Int
  /// The copies for checkpoints of the rank that writes most.
  private let copies: Int
  /// Those of all ranks of a machine.
  private let copiesOnMachine: Int

  /// Bytes, some of them of copies for checkpoints.
  struct Need {
    let bytes: Int
    let ofCheckpoints: Int
  }

  /// Counts a phase of so many trainings at once.
  init(
    _ shape: PhaseShape, _ ranks: (onMachine: Int, all: Int), sharing: Int, trainings times: Int
  ) {
    copies = times * shape.checkpointBytes(ranks: ranks.all, onNode: sharing)
    copiesOnMachine =
      times * shape.checkpointBytes(ofMachineWith: ranks.onMachine, ofRanks: ranks.all)
    own = times * shape.memoryInBytes(ranks: ranks.all, onNode: sharing) - copies
    parameters = times * shape.parameterBytes(ranks: ranks.all, onNode: sharing) - copies
    shared = times * shape.sharedBytes
  }

  /// Counts what it takes to bring sharded tables together: the rank's part, and one copy for the machine; beside it
  /// what is still being written of the backbone's end.
  init(gatheringTablesOf backbone: PhaseShape, _ ranks: (onMachine: Int, all: Int)) {
    let (dense, tables) = (4 * backbone.memory.dense, 4 * backbone.memory.tables)
    let part = (tables + ranks.all - 1) / ranks.all
    own = 2 * dense + part
    parameters = own
    shared = tables
    guard backbone.memory.writesCheckpoints else {
      (copies, copiesOnMachine) = (0, 0)
      return
    }
    let share = backbone.memory.changes / ranks.all + backbone.memory.largestChange
    copies = 4 * min(backbone.memory.changes, share) + part
    copiesOnMachine = min(ranks.onMachine, ranks.all) * copies
  }

  /// What comes to a rank's share of the machine's memory, where what is shared is there once.
  func ofShare(onMachine ranks: Int, sharing: Int) -> Need {
    let copies = copiesOnMachine / ranks
    return Need(bytes: own + shared / sharing + copies, ofCheckpoints: copies)
  }

  /// What a rank needs addresses for.
  var ofAddresses: Need { Need(bytes: own + shared + copies, ofCheckpoints: copies) }

  /// The keys that decide most of it: those of rows and activations, or those of the largest part of the model.
  func keys(of model: Model, largest: [String]) -> [String] {
    let isMostlyRows = 2 * (parameters + shared) < own + shared
    return isMostlyRows
      ? ["training.globalBatch", "training.shards"] + Trainer.expertKeys(of: model)
        + ["model.hidden"]
      : largest
  }
}
