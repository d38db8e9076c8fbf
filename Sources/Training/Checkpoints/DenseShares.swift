import Kernels

/// Which dense tensors are in which part of a checkpoint.
///
/// A reader deals them out as the writer did: another rule takes another version of the format.
struct DenseShares {
  /// The tensors.
  let entries: [Layout.Entry]
  /// The number of parts.
  let count: Int

  /// A tensor of a section.
  struct Item {
    let section: Snapshot.Section
    let entry: Layout.Entry
  }

  /// The tensors of some sections that are in a part, in their order.
  func items(ofPart part: Int, _ sections: [Snapshot.Section]) -> [Item] {
    let items = sections.flatMap { section in entries.map { Item(section: section, entry: $0) } }
    let share = evenShare(ofPart: part, of: count, sizes: items.map(\.entry.slot.count))
    return share.map { items[$0] }
  }
}

/// The indices, in their order, of what is in one of some parts of about the same size.
///
/// The largest that is left goes to the smallest part, of several such parts to the last one: the rank that writes the
/// first part publishes, too, and all that train wait for the slowest.
package func evenShare(ofPart part: Int, of count: Int, sizes: [Int]) -> [Int] {
  precondition(0..<count ~= part, "part \(part) of \(count)")
  var totals = [Int](repeating: 0, count: count)
  var share: [Int] = []
  for index in sizes.indices.sorted(by: { (sizes[$1], $0) < (sizes[$0], $1) }) {
    var least = 0
    for other in totals.indices where totals[other] <= totals[least] { least = other }
    totals[least] += sizes[index]
    if least == part { share.append(index) }
  }
  return share.sorted()
}
