internal import ArgumentParser
internal import Experiments
internal import Foundation
internal import Kernels
internal import MPI
internal import Training

/// `moe-mlora info`: what a report of a problem should contain.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows versions, processor, ranks and threads: what a bug report needs.",
    discussion: """
      Start it as the run that had the problem was started: every rank gets a line.

        moe-mlora info
        mpirun -np 2 moe-mlora info
      """)

  mutating func run() throws {
    useOneThread()
    let identity = try RankIdentity.ofThisProcess()
    Job.run { world in
      let ranks = try world.gatherTexts(Self.rank(identity)).enumerated().map { rank, text in
        ["rank \(rank)", text]
      }
      let facts = Self.software + Self.job(world) + Self.machine + ranks
      try Console.standard.print(TextTable(facts, others: .left).description)
    }
  }

  /// A line of the report: a name and a value.
  private typealias Fact = [String]

  private static var software: [Fact] {
    [
      ["moe-mlora", packageVersion],
      ["compiled for", Processor.compiledLevel],
      ["needs", Processor.requiredExtensions],
      ["C compiler", Processor.compiler],
      ["oneDNN", matrixLibraryVersion],
      ["MPI", "\(Runtime.libraryVersion); standard \(Runtime.standardVersion)"],
    ]
  }

  private static func job(_ world: Communicator) -> [Fact] {
    [
      ["ranks", "\(world.size)"],
      ["MPI threads", Runtime.threadLevel?.rawValue ?? "MPI not started: no launcher"],
    ]
  }

  /// The machine of the rank that asks.
  private static var machine: [Fact] {
    let kernel = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    return [
      ["processor", Processor.model],
      ["extensions", Processor.extensions.joined(separator: " ")],
      ["system", ProcessInfo.processInfo.operatingSystemVersionString],
      ["kernel", kernel?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"],
    ]
  }

  /// What may differ between the ranks of a job: machine, cores and threads, and what must not.
  private static func rank(_ identity: RankIdentity) -> String {
    let total = ProcessInfo.processInfo.processorCount
    let usable = Runtime.usableCoreCount.map { "\($0)" } ?? "unknown"
    let threads = matrixThreadCount
    return "\(Runtime.hostName), \(usable) of \(total) cores usable, "
      + "\(counted(threads, "OpenMP thread")) for oneDNN, "
      + (identity.processor + identity.build).joined(separator: ", ")
  }
}
