/// Reserves named, disjoint slots one behind the other.
///
/// Parameters, gradients and both Adam moments are buffers of one layout, so that “backbone”, “expert
/// 3” or “gate” is one range of float indices in all of them.
public struct Layout: Sendable {
  /// A slot and the name it was reserved under.
  public struct Entry: Hashable, Sendable {
    /// The tensor's stable name, for example `tower.0.weight`.
    public let name: String
    /// The region that belongs to the name.
    public let slot: Slot
  }

  /// Slots start at multiples of this many floats (64 bytes, a cache line and an AVX-512 vector).
  static let alignment = 16

  /// Every reserved slot, in the order of reservation.
  public private(set) var entries: [Entry] = []

  /// The number of floats reserved so far, padding included: the size of a buffer of this layout.
  public private(set) var count = 0

  /// Creates an empty layout.
  public init() {}

  /// Reserves `rows x columns` floats under a name.
  ///
  /// - Complexity: O(1).
  public mutating func reserve(_ name: String, rows: Int = 1, columns: Int) -> Slot {
    precondition(rows >= 0 && columns >= 0, "\(name): a slot of \(rows) x \(columns)")
    let slot = Slot(offset: count, rows: rows, columns: columns)
    entries.append(Entry(name: name, slot: slot))
    let alignment = Layout.alignment
    count += (slot.count + alignment - 1) / alignment * alignment
    return slot
  }

  /// The entries whose slots lie inside a range of float indices.
  public func entries(in range: Range<Int>) -> [Entry] {
    entries.filter { $0.slot.range.clamped(to: range) == $0.slot.range }
  }
}
