import Kernels
import MPI

/// Sums the entries of all ranks by table row: each goes to the owner of its row, which adds up what the
/// ranks sent in the tree over shards, and may hand the sums to all.
///
/// Row `r` is owned by rank `r mod P`. What is added, and in which order, does not depend on the owner.
struct RowExchange: ~Copyable {
  private let tree: ShardTree
  private let group: Communicator
  private let embeddingWidth: Int
  /// This rank's entries, ordered by owner.
  private var outgoing: RowEntries
  /// All ranks' entries of the rows that this rank owns.
  private var incoming: RowEntries
  /// Their sums, and those of all ranks, if every rank is to have them.
  private var sums, published: RowEntries
  private var chains: RowChains
  /// By incoming entry: the position of its row among those of this rank, and its shard.
  private var places, shards: [Int32]
  /// One sum, and room for partial ones.
  private var scratch: [Float]
  /// By rank: how many entries are sent to it, or received from it.
  private var sentCounts, receivedCounts: [Int32]
  private var sentBlocks, receivedBlocks: Blocks
  /// How many sums this rank has, one element to send.
  private var sumCount: [Int32] = [0]

  /// Makes room for batches of which this rank sends up to `ownEntries` entries, and all ranks together
  /// up to `entries`; `publishes` says whether every rank is to have all sums.
  init(
    _ rows: TableRows, tree: ShardTree, group: Communicator, ownEntries: Int, entries: Int,
    publishes: Bool
  ) {
    let size = group.size
    self.tree = tree
    self.group = group
    embeddingWidth = rows.width
    outgoing = RowEntries(capacity: ownEntries, embeddingWidth: rows.width)
    incoming = RowEntries(capacity: entries, embeddingWidth: rows.width)
    sums = RowEntries(capacity: publishes ? entries : 0, embeddingWidth: rows.width)
    published = RowEntries(capacity: publishes ? entries : 0, embeddingWidth: rows.width)
    chains = RowChains(tableRows: rows.count / size + 1, batchRows: entries)
    places = Array(repeating: 0, count: entries)
    shards = Array(repeating: 0, count: entries)
    scratch = Array(repeating: 0, count: (tree.depth + 2) * (rows.width + 1))
    sentCounts = Array(repeating: 0, count: size)
    receivedCounts = Array(repeating: 0, count: size)
    (sentBlocks, receivedBlocks) = (Blocks(ranks: size), Blocks(ranks: size))
  }

  /// Sums the entries of a batch, and stores the sums of each row on its owner.
  mutating func sum(
    _ entries: borrowing RowEntries, into result: inout GradientRows<OwnedRows>
  ) throws(MPIError) {
    orderByOwner(entries)
    try sendToOwners()
    linkReceived()
    RowExchange.sum(
      chains, tree.root.shards, shards, incoming, width: embeddingWidth, &scratch, into: &result
    ) { [group] result, place, sum in
      result.store(sum, ofRow: place * group.size + group.rank)
    }
  }

  /// Sums the entries of a batch, and stores the sums of all rows on every rank.
  mutating func sum(
    _ entries: borrowing RowEntries, into result: inout GradientRows<TableRows>
  ) throws(MPIError) {
    orderByOwner(entries)
    try sendToOwners()
    linkReceived()
    sums.removeAll()
    RowExchange.sum(
      chains, tree.root.shards, shards, incoming, width: embeddingWidth, &scratch, into: &sums
    ) { [group] sums, place, sum in
      sums.append(row: place * group.size + group.rank, shard: 0, sum: sum)
    }
    try publish(into: &result)
  }

  private mutating func publish(
    into result: inout GradientRows<TableRows>
  ) throws(MPIError) {
    sumCount[0] = Int32(sums.count)
    try RowExchange.gather(sumCount, into: &receivedCounts, group)
    try receivedBlocks.replace(counts: receivedCounts, times: published.width)
    published.resize(to: receivedBlocks.total / published.width)
    try RowExchange.gather(sums, into: &published, receivedBlocks, group)
    for index in 0..<published.count {
      result.store(published.sum(at: index), ofRow: published.row(at: index))
    }
  }

  /// A counting sort; entries of one row stay in the order of shards.
  private mutating func orderByOwner(_ entries: borrowing RowEntries) {
    let size = group.size
    for rank in 0..<size { sentCounts[rank] = 0 }
    for index in 0..<entries.count { sentCounts[entries.row(at: index) % size] += 1 }
    // Where the next entry for each rank goes; afterwards the end of each rank's entries.
    var start: Int32 = 0
    for rank in 0..<size {
      receivedCounts[rank] = start
      start += sentCounts[rank]
    }
    outgoing.resize(to: entries.count)
    for index in 0..<entries.count {
      let owner = entries.row(at: index) % size
      outgoing.set(Int(receivedCounts[owner]), to: entries, at: index)
      receivedCounts[owner] += 1
    }
  }

  private mutating func sendToOwners() throws(MPIError) {
    try RowExchange.exchange(sentCounts, into: &receivedCounts, group)
    try sentBlocks.replace(counts: sentCounts, times: outgoing.width)
    try receivedBlocks.replace(counts: receivedCounts, times: incoming.width)
    incoming.resize(to: receivedBlocks.total / incoming.width)
    try RowExchange.send(outgoing, sentBlocks, into: &incoming, receivedBlocks, group)
  }

  /// Chains the received entries by row.
  private mutating func linkReceived() {
    for index in 0..<incoming.count {
      places[index] = Int32(incoming.row(at: index) / group.size)
      shards[index] = Int32(incoming.shard(at: index))
    }
    chains.link(places, count: incoming.count)
  }
}

// MARK: - Parts of an exchange

// Static functions, because a view of one property of a value excludes all other uses of the value.
extension RowExchange {
  private static func exchange(
    _ sent: [Int32], into received: inout [Int32], _ group: Communicator
  ) throws(MPIError) {
    var span = received.mutableSpan
    try group.allToAll(sent.span, into: &span)
  }

  private static func send(
    _ outgoing: borrowing RowEntries, _ sent: Blocks, into incoming: inout RowEntries,
    _ received: Blocks, _ group: Communicator
  ) throws(MPIError) {
    var span = incoming.mutableSpan
    try group.allToAll(outgoing.span, blocks: sent, into: &span, blocks: received)
  }

  /// Sums the chains of entries, and hands each sum to `body`, with the place of its row among those of
  /// this rank.
  private static func sum<Target: ~Copyable>(
    _ chains: RowChains, _ node: Range<Int>, _ shards: [Int32], _ incoming: borrowing RowEntries,
    width: Int, _ scratch: inout [Float], into target: inout Target,
    _ body: (inout Target, Int, Span<Float>) -> Void
  ) {
    var sum = scratch.mutableSpan
    for index in 0..<chains.count {
      _ = chains.sum(
        from: chains.firstRow(at: index), node: node, shards: shards.span, rows: incoming.matrix,
        column: RowEntries.firstColumn, width: width, into: &sum)
      body(&target, chains.tableRow(at: index), sum.span.extracting(0...width))
    }
  }

  private static func gather(
    _ count: [Int32], into counts: inout [Int32], _ group: Communicator
  ) throws(MPIError) {
    var span = counts.mutableSpan
    try group.allGather(count.span, into: &span)
  }

  private static func gather(
    _ sums: borrowing RowEntries, into published: inout RowEntries, _ blocks: Blocks,
    _ group: Communicator
  ) throws(MPIError) {
    var span = published.mutableSpan
    try group.allGather(sums.span, blocks: blocks, into: &span)
  }
}
