/// How ranks sum the gradients of the rows of replicated tables.
package enum RowSumming: Hashable, Sendable {
  /// Every rank sees the gradients of all rows of a batch, and sums those of the table rows it owns.
  case here
  /// The owner of a table row gets lists from all ranks, and keeps the sum.
  case byOwners
  /// Every rank gets the sums from their owners.
  case published

  /// The way of a group of ranks, of which `onNode` have tables in one memory.
  package init(ranks: Int, onNode: Int, hasAllRows: Bool) {
    self = hasAllRows ? .here : onNode < ranks ? .published : .byOwners
  }
}
