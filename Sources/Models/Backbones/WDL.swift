/// Wide & Deep: the tower and one weight per id, `z = tower(x) · w + lin + β`.
///
/// - Source: Cheng et al., “Wide & Deep Learning”, 2016.
struct WDL: PlainBackbone {
  init(_ plan: inout ModelPlan) {}
}
