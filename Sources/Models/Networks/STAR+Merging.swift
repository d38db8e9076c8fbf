import Kernels
import Layers

extension STAR: MergeableNetwork {
  func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena, into plain: PlainTower,
    of target: inout Buffer
  ) -> [Float] {
    for (layer, other) in zip(layers, plain.layers) {
      layer.merge(
        domain: domain, parameters: parameters, arena: arena, into: other, of: &target)
    }
    norm.merge(
      domain: domain, parameters: parameters, arena: arena, intoInputOf: plain.layers[0],
      of: &target)
    return []
  }
}
