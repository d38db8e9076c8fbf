import Kernels
import MPI

/// Sums the entries of all ranks by table row: each goes to the owner of its row, which adds up what the
/// ranks sent in the tree over shards, and may hand the sums to all.
///
/// What is added, and in which order, does not depend on the owner.
struct RowExchange: ~Copyable {
  private let tree: ShardTree
  private let group: Communicator
  private let owners: RowOwners
  private let embeddingWidth: Int
  /// This rank's entries.
  private var outgoing: RowOutbox
  /// All ranks' entries of the rows that this rank owns.
  private var incoming: RowEntries
  /// Their sums, and those of all ranks, if every rank is to have them.
  private var sums, published: RowEntries
  private let publishes: Bool
  private var chains: RowChains
  /// By incoming entry: the place of its row among those of this rank, and its shard.
  private var places, shards: [Int32]
  /// One sum, and room for partial ones.
  private var scratch: [Float]
  private var sentBlocks, receivedBlocks: Blocks
  /// By rank: how many entries, or sums, are received from it.
  private var receivedCounts: [Int32]
  /// How many sums this rank has, one element to send.
  private var sumCount: [Int32] = [0]

  /// Makes room for batches of which this rank sends up to `ownEntries` entries, and all ranks together
  /// up to `entries`; `publishes` says whether every rank is to have all sums.
  init(
    _ rows: TableRows, _ owners: RowOwners, tree: ShardTree, group: Communicator, ownEntries: Int,
    entries: Int, publishes: Bool
  ) {
    self.tree = tree
    self.group = group
    self.owners = owners
    self.publishes = publishes
    embeddingWidth = rows.width
    // A row has one entry for each node of the tree that this rank sums.
    let nodes = tree.cover(tree.run(ofRank: group.rank, of: group.size)).count
    let owned = owners.count(ofRank: 0, amongFirst: rows.count)
    outgoing = RowOutbox(
      owners, capacity: min(ownEntries, nodes * owned), embeddingWidth: rows.width)
    incoming = RowEntries(capacity: entries, embeddingWidth: rows.width)
    sums = RowEntries(capacity: publishes ? entries : 0, embeddingWidth: rows.width)
    published = RowEntries(capacity: publishes ? entries : 0, embeddingWidth: rows.width)
    chains = RowChains(
      tableRows: owners.count(ofRank: group.rank, amongFirst: rows.count), batchRows: entries)
    places = Array(repeating: 0, count: entries)
    shards = Array(repeating: 0, count: entries)
    scratch = Array(repeating: 0, count: (tree.depth + 2) * (rows.width + 1))
    (sentBlocks, receivedBlocks) = (Blocks(ranks: group.size), Blocks(ranks: group.size))
    receivedCounts = Array(repeating: 0, count: group.size)
  }

  /// Forgets the entries of the last batch.
  mutating func begin() { outgoing.removeAll() }

  /// Adds an entry of this rank; those of a row are added in the order of shards.
  mutating func append(row: Int, shard: Int, sum: Span<Float>) {
    outgoing.append(row: row, shard: shard, sum: sum)
  }

  /// Sums the entries of all ranks, and stores the sums of the rows that `result` has; all ranks call it.
  ///
  /// They are those that this rank owns here, or any if all sums are published.
  mutating func sum(into result: inout GradientRows) throws(MPIError) {
    try sendToOwners()
    linkReceived()
    let (owners, rank) = (owners, group.rank)
    guard publishes else {
      return RowExchange.store(
        chains, tree.root.shards, shards, incoming, &scratch, into: &result)
    }
    sums.removeAll()
    RowExchange.sum(
      chains, tree.root.shards, shards, incoming, width: embeddingWidth, &scratch, into: &sums
    ) { sums, place, sum in
      sums.append(row: owners.row(at: place, ofRank: rank), shard: 0, sum: sum)
    }
    try publish(into: &result)
  }

  private mutating func publish(into result: inout GradientRows) throws(MPIError) {
    sumCount[0] = Int32(sums.count)
    try RowExchange.gather(sumCount, into: &receivedCounts, group)
    try receivedBlocks.replace(counts: receivedCounts, times: published.width)
    published.resize(to: receivedBlocks.total / published.width)
    try RowExchange.gather(sums, into: &published, receivedBlocks, group)
    for index in 0..<published.count {
      result.storeIfOwned(published.sum(at: index), ofRow: published.row(at: index))
    }
  }

  /// Sends each entry to the owner of its row.
  private mutating func sendToOwners() throws(MPIError) {
    try RowExchange.exchange(outgoing.counts, into: &receivedCounts, group)
    try outgoing.setBlocks(&sentBlocks)
    try receivedBlocks.replace(counts: receivedCounts, times: incoming.width)
    incoming.resize(to: receivedBlocks.total / incoming.width)
    try RowExchange.send(outgoing, sentBlocks, into: &incoming, receivedBlocks, group)
  }

  /// Chains the received entries by row.
  private mutating func linkReceived() {
    RowExchange.read(incoming, owners, &places, &shards)
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
    _ outgoing: borrowing RowOutbox, _ sent: Blocks, into incoming: inout RowEntries,
    _ received: Blocks, _ group: Communicator
  ) throws(MPIError) {
    var span = incoming.mutableSpan
    try group.allToAll(
      outgoing.entries.span, blocks: sent, into: &span, blocks: received)
  }

  /// Reads where the rows of entries are among their owner's, and their shards.
  private static func read(
    _ incoming: borrowing RowEntries, _ owners: RowOwners, _ places: inout [Int32],
    _ shards: inout [Int32]
  ) {
    let floats = incoming.span
    var placeSpan = places.mutableSpan
    var shardSpan = shards.mutableSpan
    var start = 0
    for index in 0..<incoming.count {
      placeSpan[index] = Int32(owners.place(ofRow: RowEntries.number(floats[start])))
      shardSpan[index] = Int32(RowEntries.number(floats[start + 1]))
      start += incoming.width
    }
  }

  /// Sums the chains of entries of the rows that `result` has.
  private static func store(
    _ chains: RowChains, _ node: Range<Int>, _ shards: [Int32], _ incoming: borrowing RowEntries,
    _ scratch: inout [Float], into result: inout GradientRows
  ) {
    result.store(
      chains, node: node, shards: shards, rows: incoming.matrix,
      column: RowEntries.firstColumn, &scratch)
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
