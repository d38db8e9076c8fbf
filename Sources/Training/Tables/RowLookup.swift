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
  /// The different rows, in the order found: rows of the tables, and of the working ones.
  private var found: [(row: Int32, place: Int32)] = []
  /// The different rows and their places, ordered by owner.
  private var requests, places: [Int32]
  /// The rows that other ranks ask this one for.
  private var asked: [Int32]
  /// The values asked for, and those received.
  private var answers, received: Buffer
  private var sentCounts, receivedCounts: [Int32]
  private var sentBlocks, receivedBlocks: Blocks
  /// The floats of a row: its embedding and its weight.
  private let width: Int

  /// Makes room for batches of up to `ownRows` rows on this rank, and `rows` on all.
  init(_ shard: TableShard, working model: Model, ownRows: Int, rows: Int) {
    let working = TableRows(model)
    let fields = working.fieldCount
    self.shard = shard
    group = shard.group
    self.working = working
    width = working.width + (working.hasWeights ? 1 : 0)
    index = RowIndex(capacity: fields * ownRows)
    counts = Array(repeating: 0, count: fields)
    self.rows = Array(repeating: 0, count: working.count)
    found.reserveCapacity(fields * ownRows)
    requests = Array(repeating: 0, count: fields * ownRows)
    places = requests
    asked = Array(repeating: 0, count: fields * rows)
    answers = Buffer(count: fields * rows * width)
    received = Buffer(count: fields * ownRows * width)
    sentCounts = Array(repeating: 0, count: shard.group.size)
    receivedCounts = sentCounts
    sentBlocks = Blocks(ranks: shard.group.size)
    receivedBlocks = sentBlocks
  }

  /// The row of the tables that a row of the working tables has the values of.
  func row(atPlace place: Int) -> Int { Int(rows[place]) }

  /// Forgets what was looked up.
  mutating func begin() {
    index.removeAll()
    found.removeAll(keepingCapacity: true)
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
          found.append((row, firstPlace + id))
          rows[Int(firstPlace + id)] = row
        }
        batch.ids[position] = id
      }
    }
  }

  /// Fetches the rows noted; all ranks call it.
  ///
  /// - Parameter parameters: those of the working model.
  /// - Throws: what MPI throws.
  mutating func fetch(into parameters: inout Buffer) throws(MPIError) {
    orderByOwner()
    try RowLookup.exchange(sentCounts, into: &receivedCounts, group)
    try sentBlocks.replace(counts: sentCounts, times: 1)
    try receivedBlocks.replace(counts: receivedCounts, times: 1)
    let askedCount = receivedBlocks.total
    try RowLookup.exchange(
      requests, sentBlocks, into: &asked, receivedBlocks, group)
    for index in 0..<askedCount {
      shard.copy(row: Int(asked[index]), to: index * width, of: &answers)
    }
    try sentBlocks.replace(counts: sentCounts, times: width)
    try receivedBlocks.replace(counts: receivedCounts, times: width)
    try RowLookup.exchange(answers, receivedBlocks, into: &received, sentBlocks, group)
    for index in found.indices {
      let place = working.floats(ofRow: Int(places[index]))
      let start = index * width
      parameters.copy(start..<start + working.width, of: received, to: place.embedding.lowerBound)
      guard let weight = place.weight else { continue }
      parameters.copy(
        start + working.width..<start + width, of: received, to: weight.lowerBound)
    }
  }

  /// A counting sort.
  private mutating func orderByOwner() {
    let size = group.size
    for rank in 0..<size { sentCounts[rank] = 0 }
    for request in found { sentCounts[Int(request.row) % size] += 1 }
    // Where the next request to each rank goes.
    var start: Int32 = 0
    for rank in 0..<size {
      receivedCounts[rank] = start
      start += sentCounts[rank]
    }
    for request in found {
      let owner = Int(request.row) % size
      let position = Int(receivedCounts[owner])
      requests[position] = request.row
      places[position] = request.place
      receivedCounts[owner] += 1
    }
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
    var target = span._mutatingExtracting(0..<received.total)
    try group.allToAll(
      requests.span.extracting(0..<sent.total), blocks: sent, into: &target, blocks: received)
  }

  private static func exchange(
    _ answers: borrowing Buffer, _ sent: Blocks, into result: inout Buffer, _ received: Blocks,
    _ group: Communicator
  ) throws(MPIError) {
    var span = result.mutableSpan(0..<received.total)
    try group.allToAll(answers.span(0..<sent.total), blocks: sent, into: &span, blocks: received)
  }
}
