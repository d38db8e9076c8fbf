public import Kernels

extension DomainHeads {
  /// Copies a domain's layers and head into the last layers and the head of a tower.
  public func copy(
    domain: Int, _ parameters: borrowing Buffer, into tower: PlainTower, of target: inout Buffer
  ) {
    let own = towers[domain]
    own.copy(parameters, into: Array(tower.layers.suffix(own.depth)), of: &target)
    let head = heads[domain]
    tower.head.copy(
      PlainLayer(weight: head.weight, bias: head.bias), of: parameters, into: &target)
  }
}
