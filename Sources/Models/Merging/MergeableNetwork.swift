import Kernels
import Layers

/// A network whose part for the rows of one domain is a plain tower.
protocol MergeableNetwork: DeepNetwork {
  /// Writes that tower over the slots of another buffer.
  ///
  /// - Returns: The weights of the experts in it; empty without a gate.
  func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena, into plain: PlainTower,
    of target: inout Buffer
  ) -> [Float]
}
