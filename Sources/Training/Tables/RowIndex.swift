/// A map from table rows to positions, for the rows of one batch: open addressing, nothing allocated.
package struct RowIndex {
  /// By slot: a row, or -1.
  private var rows: [Int32]
  private var positions: [Int32]
  private let shift: UInt32

  /// Makes room for a number of rows.
  package init(capacity: Int) {
    // At most half of the slots are taken, so that the next free one is near.
    var bits: UInt32 = 4
    while 1 << bits < 2 * capacity { bits += 1 }
    shift = 32 - bits
    rows = Array(repeating: -1, count: 1 << bits)
    positions = Array(repeating: 0, count: 1 << bits)
  }

  /// Forgets all rows.
  package mutating func removeAll() {
    for slot in rows.indices { rows[slot] = -1 }
  }

  /// The position of a row, which is `next` if the row is new.
  package mutating func position(ofRow row: Int32, orInsert next: Int32) -> Int32 {
    // Multiplying by 2^32 / φ spreads neighbours; the upper bits are the best mixed ones.
    var slot = Int((UInt32(bitPattern: row) &* 2_654_435_769) >> shift)
    while rows[slot] >= 0 {
      if rows[slot] == row { return positions[slot] }
      slot = (slot + 1) & (rows.count - 1)
    }
    rows[slot] = row
    positions[slot] = next
    return next
  }
}
