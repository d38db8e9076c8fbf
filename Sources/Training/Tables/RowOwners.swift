/// Which rank owns which table row: blocks of consecutive rows go to the ranks in turn.
///
/// Row `r` is in block `r / b`, and rank `(r / b) mod P` owns it. A rank's rows are counted in their order:
/// the **place** of a row among those of its owner.
package struct RowOwners: Hashable, Sendable {
  /// The number of ranks, `P`.
  package let size: Int
  /// The rows of a block are `1 << shift`.
  private let shift: Int
  /// `⌈2^64 / P⌉`, of which the upper half of a product is a quotient: row numbers have 32 bits.
  private let reciprocal: UInt64

  private init(size: Int, shift: Int) {
    precondition(size > 0, "\(size) owners")
    self.size = size
    self.shift = shift
    reciprocal = UInt64.max / UInt64(size) &+ 1
  }

  /// Rows of ranks that hold no others: row `r` is owned by rank `r mod P`.
  package static func rowByRow(ranks size: Int) -> RowOwners { RowOwners(size: size, shift: 0) }

  /// Rows in memory that ranks share: two ranks seldom write to one line of a cache, and one call updates
  /// many rows.
  package static func blockByBlock(ranks size: Int) -> RowOwners { RowOwners(size: size, shift: 6) }

  /// The rule with blocks of a number of rows, a power of two; `nil` if it is none.
  package init?(ranks size: Int, blockRows: Int) {
    guard size > 0, blockRows > 0, blockRows.nonzeroBitCount == 1 else { return nil }
    self.init(size: size, shift: blockRows.trailingZeroBitCount)
  }

  /// The rows of a block, `b`.
  package var blockRows: Int { 1 << shift }

  /// The rank that owns a row.
  package func owner(ofRow row: Int) -> Int { (row >> shift) - round(ofRow: row) * size }

  /// The place of a row among those of its owner.
  package func place(ofRow row: Int) -> Int {
    (round(ofRow: row) << shift) + (row & (blockRows - 1))
  }

  /// The turn in which a row's block is owned, `⌊r / (b P)⌋`.
  private func round(ofRow row: Int) -> Int {
    let block = row >> shift
    guard size > 1 else { return block }
    return Int(reciprocal.multipliedFullWidth(by: UInt64(block)).high)
  }

  /// The row at a place of a rank.
  package func row(at place: Int, ofRank rank: Int) -> Int {
    (((place >> shift) * size + rank) << shift) + (place & (blockRows - 1))
  }

  /// How many of the first `rows` rows a rank owns.
  package func count(ofRank rank: Int, amongFirst rows: Int) -> Int {
    let round = size << shift
    return rows / round * blockRows
      + min(max(rows % round - (rank << shift), 0), blockRows)
  }
}
