internal import Foundation
internal import MPI

/// Where commands write: standard output for results, standard error for the rest, from rank 0 only.
struct Console {
  /// The position of this process among the ranks of the job.
  let rank: Int

  /// The console of this process, by the rank that its launcher gave it.
  static var standard: Console { Console(rank: Runtime.announcedRank) }

  /// Writes a result, followed by the end of a line unless told otherwise.
  func print(_ text: String, terminator: String = "\n") {
    if rank == 0 { Swift.print(text, terminator: terminator) }
  }

  /// Writes text that is no result, such as progress.
  func note(_ text: String) {
    guard rank == 0 else { return }
    // Where standard error is closed there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Ends the process, and the job it is a rank of, with what a command threw: a request for help,
  /// which is answered, or a problem, which is reported in one line.
  func endProcess(with error: any Error) -> Never {
    let status = ExitStatus(error)
    let message = MoEMLoRA.message(for: error)
    if status == .success {
      print(message)
      exit(status.rawValue)
    }
    let problem = message.hasSuffix(".") ? String(message.dropLast()) : message
    let parts = [problem, helpHint(for: error)].compactMap { $0 }
    Runtime.fail(parts.joined(separator: "; "), exitCode: status.rawValue)
  }

  /// Where the help of the command is that was used wrongly; `nil` if usage is not what was wrong.
  ///
  /// The parser keeps the command to itself and names it only in the usage that follows its message,
  /// as `See 'moe-mlora train --help' for more information.`
  private func helpHint(for error: any Error) -> String? {
    let lines = MoEMLoRA.fullMessage(for: error).split(separator: "\n")
    guard let line = lines.last(where: { $0.hasPrefix("  See '") }) else { return nil }
    let parts = line.split(separator: "'")
    return parts.count > 1 ? "see \(parts[1])" : nil
  }
}
