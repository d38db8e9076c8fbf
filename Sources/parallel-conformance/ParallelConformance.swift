import MPI

/// The multi-process half of the tests: runs named cases on every rank.
///
/// `parallel-conformance CASE[,CASE ...] [ARGUMENT ...]`, alone or under `mpirun`. Every rank checks
/// its own results and prints `ok CASE rank R/N` for each case; the first failed check ends the job
/// with exit code 1.
@main
enum ParallelConformance {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let names = arguments.first?.split(separator: ",") ?? []
    let cases = names.compactMap { name in Case.all.first { $0.name == name } }
    guard !cases.isEmpty, cases.count == names.count else {
      print("usage: parallel-conformance CASE[,CASE ...] [ARGUMENT ...]\ncases:")
      for known in Case.all { print("  \(known.name): \(known.summary)") }
      Runtime.abort(exitCode: 2)
    }
    let patience = cases.map(\.patience).max() ?? .seconds(1)
    let exitCode = { (error: any Error) in (error as? DeliberateFailure)?.exitCode ?? 1 }
    let watchdog = cases.compactMap(\.watchdog).first
    Runtime.run(watchdog: watchdog, exitCode: exitCode, patience: patience) { world in
      for chosen in cases {
        try chosen.body(world, Array(arguments.dropFirst()))
        print("ok \(chosen.name) rank \(world.rank)/\(world.size)")
      }
    }
  }
}
