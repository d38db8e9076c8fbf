import Crypto
public import MPI

/// What the ranks of a job must have in common before they work together.
///
/// Every rank reads its options, its configuration and its files by itself, and they may not be the
/// same. With other ones its collectives would not match those of the others, and the job would
/// hang, or print figures of two models; with another build or instruction set they would match, and
/// ranks would compute with parameters that are no longer the same.
public struct Agreement: Sendable {
  /// What is compared.
  public enum Subject: String, Sendable {
    case command, build, processor, configuration, checkpoint, dataset

    /// What makes ranks agree.
    var remedy: String {
      switch self {
      case .command: "start all ranks with the same command and the same options"
      case .build: "copy one build of the program, and one oneDNN, to all machines"
      case .processor:
        "use processors of one kind, or set ONEDNN_MAX_CPU_ISA to the same value for all ranks"
      case .configuration: "start all ranks with the same options and the same file"
      case .checkpoint: "give all ranks the same run, and copy it to all machines"
      case .dataset: "copy the same dataset to all machines"
      }
    }
  }

  /// What this rank has, a fact a line, in the order in which differences are told: each may explain
  /// the next.
  private let facts: [(subject: Subject, lines: [String])]

  /// Notes what a rank has: the same subjects in the same order on all of them.
  public init(_ facts: KeyValuePairs<Subject, [String]>) {
    self.facts = facts.map { ($0.key, $0.value) }
  }

  /// Throws the same error on all ranks unless all have the same.
  ///
  /// One exchange of a digest a subject: its size is the same whatever the ranks have. What differs is
  /// told in a second one, to which all ranks come because all have seen the digests.
  ///
  /// - Throws: ``TrainingError/ranksDiffer(_:)``, or ``TrainingError/communication(_:)``.
  public func require(on world: Communicator) throws(TrainingError) {
    guard world.size > 1 else { return }
    let digests = try communicating { () throws(MPIError) in
      try world.allGather(facts.flatMap { digest($0.lines) })
    }
    for (index, (subject, lines)) in facts.enumerated() {
      let ofSubject: [[UInt8]] = (0..<world.size).map { rank in
        let start = (rank * facts.count + index) * SHA256.byteCount
        return Array(digests[start..<start + SHA256.byteCount])
      }
      let common = mostFrequent(ofSubject)
      let others = ofSubject.indices.filter { ofSubject[$0] != ofSubject[common] }
      guard !others.isEmpty else { continue }
      throw try difference(in: subject, lines, others, from: common, world)
    }
  }

  private func digest(_ lines: [String]) -> [UInt8] {
    Array(SHA256.hash(data: Array(lines.joined(separator: "\n").utf8)))
  }

  /// The first of the ranks that have what most ranks have.
  private func mostFrequent(_ digests: [[UInt8]]) -> Int {
    let counts = digests.map { digest in digests.count { $0 == digest } }
    return counts.firstIndex(of: counts.max() ?? 0) ?? 0
  }

  /// The error that tells, on all ranks, how the first of some ranks differs from another.
  private func difference(
    in subject: Subject, _ lines: [String], _ ranks: [Int], from common: Int, _ world: Communicator
  ) throws(TrainingError) -> TrainingError {
    let texts = try communicating { () throws(MPIError) in
      try world.allGather([Runtime.hostName] + lines)
    }
    let (expected, found) = (texts[common].dropFirst(), texts[ranks[0]].dropFirst())
    let same = zip(expected, found).prefix { $0 == $1 }.count
    func line(_ lines: ArraySlice<String>) -> String { lines.dropFirst(same).first ?? "no more" }
    return .ranksDiffer(
      RankDifference(
        subject: subject.rawValue, ranks: ranks.map { .init(rank: $0, host: texts[$0][0]) },
        reference: .init(rank: common, host: texts[common][0]), expected: line(expected),
        found: line(found), remedy: subject.remedy))
  }
}

extension Communicator {
  /// The elements of all ranks, one after another; every rank has the same number of them.
  fileprivate func allGather(_ values: [UInt8]) throws(MPIError) -> [UInt8] {
    var all = [UInt8](repeating: 0, count: values.count * size)
    var span = all.mutableSpan
    try allGather(values.span, into: &span)
    return all
  }

  /// The lines of all ranks, in their order; lines have no line ends in them.
  fileprivate func allGather(_ lines: [String]) throws(MPIError) -> [[String]] {
    let own = Array(lines.joined(separator: "\n").utf8)
    let blocks = try Blocks(counts: allGather(own.count))
    var all = [UInt8](repeating: 0, count: blocks.total)
    var span = all.mutableSpan
    try allGather(own.span, blocks: blocks, into: &span)
    return (0..<size).map { rank in
      String(decoding: all[blocks[rank]], as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
