internal import Files
internal import Foundation
internal import MPI

/// Where commands write: standard output for results, standard error for the rest, from rank 0 only.
struct Console {
  /// The position of this process among the ranks of the job.
  let rank: Int

  /// The console of this process, by the rank that its launcher gave it.
  static var standard: Console { Console(rank: Runtime.announcedRank) }

  /// Writes a result, followed by the end of a line unless told otherwise.
  ///
  /// Where nobody reads the output any more, as behind `| head`, the job ends without a word.
  ///
  /// - Throws: If the output cannot be written, as when the disk is full.
  func print(_ text: String, terminator: String = "\n") throws(SystemCallError) {
    guard rank == 0 else { return }
    do throws(SystemCallError) {
      try StandardOutput.write(text + terminator)
    } catch {
      guard error.isBrokenPipe else { throw error }
      Runtime.abort(exitCode: ExitStatus.failure.rawValue)
    }
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
    guard status != .success else { answer(message) }
    let problem = message.hasSuffix(".") ? String(message.dropLast()) : message
    let parts = [problem, helpHint(for: error)].compactMap { $0 }
    Runtime.fail(parts.joined(separator: "; "), exitCode: status.rawValue)
  }

  /// Ends the process with the help that was asked for, after it has met ranks that may do other things.
  private func answer(_ help: String) -> Never {
    do {
      try print(help)
    } catch {
      Runtime.fail("\(error)", exitCode: ExitStatus.failure.rawValue)
    }
    Job.run { _ in }
    exit(ExitStatus.success.rawValue)
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
