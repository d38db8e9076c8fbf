internal import ArgumentParser
internal import Foundation
internal import Kernels

/// `moe-mlora info`: what a report of a problem should contain.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows versions, processor and cores: what a bug report needs.",
    discussion: """
      Start it as the run that had the problem was started, for example

        mpirun -np 2 moe-mlora info
      """)

  mutating func run() {
    let width = Self.facts.map(\.name.count).max() ?? 0
    let lines = Self.facts.map { fact in
      fact.name + String(repeating: " ", count: width - fact.name.count) + "  " + fact.value
    }
    Console.standard.print(lines.joined(separator: "\n"))
  }

  /// A line of the report.
  private typealias Fact = (name: String, value: String)

  private static var facts: [Fact] { software + machine }

  private static var software: [Fact] {
    [
      ("moe-mlora", packageVersion),
      ("compiled for", Processor.compiledLevel),
      ("C compiler", Processor.compiler),
      ("oneDNN", matrixLibraryVersion),
    ]
  }

  private static var machine: [Fact] {
    let total = ProcessInfo.processInfo.processorCount
    let usable = Processor.usableCount.map { "\($0)" } ?? "unknown"
    let kernel = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    return [
      ("processor", Processor.model),
      ("extensions", Processor.extensions.joined(separator: " ")),
      ("cores usable", "\(usable) of \(total)"),
      ("system", ProcessInfo.processInfo.operatingSystemVersionString),
      ("kernel", kernel?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"),
    ]
  }
}
