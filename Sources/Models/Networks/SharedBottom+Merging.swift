import Kernels
import Layers

extension SharedBottom: MergeableNetwork {
  func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena, into plain: PlainTower,
    of target: inout Buffer
  ) -> [Float] {
    bottom.copy(parameters, into: Array(plain.layers.prefix(bottom.depth)), of: &target)
    heads.copy(domain: domain, parameters, into: plain, of: &target)
    return []
  }
}
