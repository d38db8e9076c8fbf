import Features
import Kernels
import Models
import MPI

/// Fetches the table rows that batches use from the ranks that own them.
///
/// The rows come into the tables of a **working model**, which has room for the rows of one pass alone, and
/// the batches' ids become places in these tables: so that layers need not know. Each rank asks each
/// owner once for every different row.
struct RowLookup: ~Copyable {
  private let shard: TableShard
  private let group: Communicator
  /// The tables of the working model.
  private let working: TableRows
  private var index: RowIndex
  /// By field: how many different rows the batches use.
  private var counts: [Int32]
  /// By row of the working tables: the row of the tables whose values it has.
  private var rows: [Int32]
  /// The most different rows of one owner.
  private let capacity: Int
  /// By owner: how many different rows of it there are.
  private var sentCounts: [Int32]
  /// The different rows, those of each owner together with room for more behind them, and their rows of the
  /// working tables.
  private var requests, places: [Int32]
  /// By rank: how many rows it asks for.
  private var receivedCounts: [Int32]
  /// The rows that other ranks ask this one for.
  private var asked: [Int32]
  /// The values asked for, and those received, which lie as the requests do.
  private var answers, received: Buffer
  private var sentBlocks, receivedBlocks: Blocks
  /// The floats of a row: its embedding and its weight.
  private let width: Int

  /// Makes room for batches of up to `ownRows` rows on this rank, and `rows` on all.
  init(_ shard: TableShard, working model: Model, ownRows: Int, rows: Int) {
    let working = TableRows(model)
    let (fields, size) = (working.fieldCount, shard.group.size)
    self.shard = shard
    group = shard.group
    self.working = working
    width = working.width + (working.hasWeights ? 1 : 0)
    capacity = min(
      fields * ownRows, shard.owned.owners.count(ofRank: 0, amongFirst: shard.rows.count))
    index = RowIndex(capacity: fields * ownRows)
    counts = Array(repeating: 0, count: fields)
    self.rows = Array(repeating: 0, count: working.count)
    requests = Array(repeating: 0, count: size * capacity)
    places = requests
    asked = Array(repeating: 0, count: fields * rows)
    answers = Buffer(count: fields * rows * width)
    received = Buffer(count: size * capacity * width)
    sentCounts = Array(repeating: 0, count: size)
    receivedCounts = sentCounts
    sentBlocks = Blocks(ranks: size)
    receivedBlocks = sentBlocks
  }

  /// The row of the tables that a row of the working tables has the values of.
  func row(atPlace place: Int) -> Int { Int(rows[place]) }

  /// Forgets what was looked up.
  mutating func begin() {
    index.removeAll()
    for rank in sentCounts.indices { sentCounts[rank] = 0 }
    for field in counts.indices { counts[field] = 0 }
  }

  /// Notes the rows of a batch, and sets its ids to their places in the working tables.
  mutating func add(_ batch: inout Batch) {
    for field in counts.indices {
      let (first, firstPlace) = (
        Int32(shard.rows.number(ofField: field, id: 0)),
        Int32(working.number(ofField: field, id: 0))
      )
      let start = field * batch.capacity
      for position in start..<start + batch.count {
        let row = first + batch.ids[position]
        let id = index.position(ofRow: row, orInsert: counts[field])
        if id == counts[field] {
          counts[field] += 1
          rows[Int(firstPlace + id)] = row
          request(row, for: firstPlace + id)
        }
        batch.ids[position] = id
      }
    }
  }

  /// Notes a row to ask its owner for.
  private mutating func request(_ row: Int32, for place: Int32) {
    let owner = shard.owned.owners.owner(ofRow: Int(row))
    let position = owner * capacity + Int(sentCounts[owner])
    requests[position] = row
    places[position] = place
    sentCounts[owner] += 1
  }

  /// Fetches the rows noted; all ranks call it.
  ///
  /// - Parameter parameters: those of the working model.
  /// - Throws: what MPI throws.
  mutating func fetch(into parameters: inout Buffer) throws(MPIError) {
    try RowLookup.exchange(sentCounts, into: &receivedCounts, group)
    try sentBlocks.replace(counts: sentCounts, times: 1, stride: capacity)
    try receivedBlocks.replace(counts: receivedCounts, times: 1)
    let askedCount = receivedBlocks.total
    try RowLookup.exchange(
      requests, sentBlocks, into: &asked, receivedBlocks, group)
    for index in 0..<askedCount {
      shard.copy(row: Int(asked[index]), to: index * width, of: &answers)
    }
    try sentBlocks.replace(counts: sentCounts, times: width, stride: capacity * width)
    try receivedBlocks.replace(counts: receivedCounts, times: width)
    try RowLookup.exchange(answers, receivedBlocks, into: &received, sentBlocks, group)
    for (rank, count) in sentCounts.enumerated() {
      for index in rank * capacity..<rank * capacity + Int(count) {
        copyReceived(index, to: &parameters)
      }
    }
  }

  /// Writes the values of a row received to its place among the working tables.
  private func copyReceived(_ index: Int, to parameters: inout Buffer) {
    let place = working.floats(ofRow: Int(places[index]))
    let (start, end) = (index * width, (index + 1) * width)
    parameters.copy(
      start..<start + working.width, of: received, to: place.embedding.lowerBound)
    guard let weight = place.weight else { return }
    parameters.copy(start + working.width..<end, of: received, to: weight)
  }
}

// MARK: - Messages

// Static functions, because a view of one property of a value excludes all other uses of the value.
extension RowLookup {
  private static func exchange(
    _ sent: [Int32], into received: inout [Int32], _ group: Communicator
  ) throws(MPIError) {
    var span = received.mutableSpan
    try group.allToAll(sent.span, into: &span)
  }

  private static func exchange(
    _ requests: [Int32], _ sent: Blocks, into asked: inout [Int32], _ received: Blocks,
    _ group: Communicator
  ) throws(MPIError) {
    var span = asked.mutableSpan
    try group.allToAll(
      requests.span, blocks: sent, into: &span, blocks: received)
  }

  private static func exchange(
    _ answers: borrowing Buffer, _ sent: Blocks, into result: inout Buffer, _ received: Blocks,
    _ group: Communicator
  ) throws(MPIError) {
    var span = result.mutableSpan
    try group.allToAll(answers.span, blocks: sent, into: &span, blocks: received)
  }
}
