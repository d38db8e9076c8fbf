/// What computes on a rank: the build of the program and the processor's instruction set.
///
/// All ranks of a training must have the same, or their bits would part; who starts the training knows
/// them, for instance from the program's own file.
public struct RankIdentity: Hashable, Sendable {
  /// What was built, a fact a line: the program's digest, versions of libraries.
  public var build: [String]
  /// What the processor does with floating-point numbers, a fact a line.
  public var processor: [String]

  /// All of them, as checkpoints name them.
  package var facts: [String] { build + processor }

  /// Names a build and a processor.
  public init(build: [String], processor: [String]) {
    self.build = build
    self.processor = processor
  }
}
