import Kernels
import Layers

extension AdaptedTower: MergeableNetwork {
  /// The tower's layers and head without its adapters.
  var plainTower: PlainTower {
    PlainTower(
      layers: tower.layers.map { PlainLayer(weight: $0.weight, bias: $0.bias) },
      head: PlainLayer(weight: head.weight, bias: head.bias))
  }

  /// Only with a gate of the domain alone, one adapter for each domain, or without adapters.
  func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena, into plain: PlainTower,
    of target: inout Buffer
  ) -> [Float] {
    let gates = gate.map { gate in
      guard
        let weights = gate.weights(ofDomain: domain, parameters: parameters, arena: arena)
      else { preconditionFailure("a gate that sees more than the domain") }
      return weights
    }
    let weights = gates ?? adapterRanges.indices.map { $0 == domain ? 1 : 0 }
    for (layer, other) in zip(tower.layers, plain.layers) {
      layer.merge(weights: weights, parameters: parameters, into: other, of: &target)
    }
    return gates ?? []
  }
}
