package import Optimizers

/// How table rows are updated.
package struct TableOptimizer: Sendable {
  /// The optimiser.
  package var adam: AdamConfiguration
  /// Whether rows outside the batch are updated too.
  package var updates: TableUpdates
  /// The factor of the squared table elements in the loss.
  package var l2: Float

  /// States how.
  package init(_ adam: AdamConfiguration, updates: TableUpdates, l2: Float) {
    self.adam = adam
    self.updates = updates
    self.l2 = l2
  }
}
