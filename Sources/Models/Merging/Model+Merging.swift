public import Kernels
internal import Layers

extension Model {
  /// Folds what acts on the rows of a domain into a plain tower.
  ///
  /// `W + Σ_i g_i A_i B_i` takes the place of a layer's weights, with the gate's weights for the domain,
  /// or one for the domain's own adapter; tensors of the same name are copied. Logits of the domain's
  /// rows are the same but for rounding; those of other rows mean nothing.
  ///
  /// - Parameters:
  ///   - parameters: A buffer of the layout, of a model as it is served.
  ///   - domain: The domain; ``ModelConfiguration/mergeObstacle`` is `nil`.
  /// - Returns: The plain model and its parameters.
  /// - Source: MoE-MLoRA, arXiv 2506.07563: the gate sees the domain alone.
  public func merged(_ parameters: borrowing Buffer, domain: Int) -> MergedModel {
    precondition(
      (0..<schema.domainCount).contains(domain), "domain \(domain) of \(schema.domainCount)")
    let model = Model(configuration.merged, schema: schema, capacity: capacity)
    guard configuration.mergeObstacle == nil, let network = network as? any MergeableNetwork,
      let tower = (model.network as? AdaptedTower)?.plainTower
    else { preconditionFailure("no tower for a domain of \(configuration)") }
    var target = Buffer(model.layout)
    copyTensors(parameters, to: model, &target)
    let workspace = ModelWorkspace(self)
    let weights = network.merge(
      domain: domain, parameters: parameters, arena: workspace.arena, into: tower, of: &target)
    return MergedModel(model: model, parameters: target, expertWeights: weights)
  }

  /// Copies the tensors that both models have.
  private func copyTensors(
    _ parameters: borrowing Buffer, to other: Model, _ target: inout Buffer
  ) {
    let own = layout.entries.reduce(into: [:]) { $0[$1.name] = $1.slot }
    for entry in other.layout.entries {
      guard let slot = own[entry.name] else { continue }
      precondition(
        slot.rows == entry.slot.rows && slot.columns == entry.slot.columns,
        "\(entry.name): \(slot.rows) x \(slot.columns), expected \(entry.slot.rows) x "
          + "\(entry.slot.columns)")
      target.copy(slot.range, of: parameters, to: entry.slot.offset)
    }
  }
}
