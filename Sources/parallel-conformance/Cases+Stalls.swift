import Foundation
import MPI

extension Case {
  /// What ends a job in which ranks wait for too long.
  static let stalls = [
    Case("stall", "stall RANK: one rank sleeps while the others wait for it", watchdog: watchdog) {
      world, arguments in
      Runtime.note("sleep")
      Runtime.note(step: 5)
      try world.barrier()
      if isNamed(world, arguments) { Thread.sleep(forTimeInterval: 100) }
      try world.barrier()
    },
    Case(
      "stall-overlap", "stall-overlap RANK: so in an operation that has gone on meanwhile",
      watchdog: watchdog
    ) { world, arguments in
      if isNamed(world, arguments) { Thread.sleep(forTimeInterval: 100) }
      try world.awaitingBarrier { poll in _ = poll() }
    },
    Case("wait", "wait RANK: the others expect to wait for one that sleeps", watchdog: watchdog) {
      world, arguments in
      try Runtime.whereLongWaits(areExpected: true) { () throws(MPIError) in
        if isNamed(world, arguments) { Thread.sleep(forTimeInterval: 4) }
        try world.barrier()
      }
    },
    Case("terminate", "terminate RANK: one rank is asked to end", watchdog: patientWatchdog) {
      world, arguments in
      if isNamed(world, arguments) { kill(getpid(), SIGTERM) }
      try world.barrier()
    },
  ]

  private static let watchdog = Watchdog(
    limit: .seconds(1), exitCode: 75, remedy: "wake it up")
  private static let patientWatchdog = Watchdog(
    limit: .seconds(100), exitCode: 75, remedy: "wake it up")

  private static func isNamed(_ world: Communicator, _ arguments: [String]) -> Bool {
    arguments.first == "\(world.rank)"
  }
}
