internal import COpenMPI

/// The core of a rank on a machine whose cores are all taken by ranks.
///
/// What one rank does beside its training then takes time from a rank in any case. On the core of its own rank it takes it
/// while the others do the same on theirs, and none of them waits for two.
public struct SharedCore: Sendable {
  private let core: Int32

  /// Whether as many ranks are on the machine as a process may use cores.
  private static let areAllTaken =
    System.usableCoreCount.map { Runtime.announcedRanksOnNode >= $0 } ?? false

  /// The core that the calling thread runs on; `nil` if the machine has cores for other threads, or none is known.
  public init?() {
    guard SharedCore.areAllTaken else { return nil }
    core = copenmpi_current_core()
    guard core >= 0 else { return nil }
  }

  /// Keeps the calling thread on it.
  public func stay() { copenmpi_stay_on_core(core) }
}
