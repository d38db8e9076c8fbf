/// The tower alone: `z = tower(x) · w + β`.
struct MLP: PlainBackbone {
  static var isWide: Bool { false }

  init(_ plan: inout ModelPlan) {}
}
