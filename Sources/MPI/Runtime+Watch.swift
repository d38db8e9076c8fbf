extension Runtime {
  /// Notes what this rank does from now on, such as a phase, for the message of a ``Watchdog``.
  public static func note(_ activity: String) { Watch.note(activity) }

  /// Notes the step of its activity that this rank takes; costs a store.
  public static func note(step: Int) { Watch.note(step: step) }

  /// Runs a body in which waiting for other ranks may take any time, or again no longer than the
  /// ``Watchdog`` allows.
  ///
  /// For ranks that have nothing to do until others have finished work of unknown length.
  ///
  /// - Parameters:
  ///   - isExpected: Whether waits in the body may take any time.
  ///   - body: What is done.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws.
  public static func whereLongWaits<Result: ~Copyable, Failure: Error>(
    areExpected isExpected: Bool, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = Watch.exchange(isPatient: isExpected)
    defer { _ = Watch.exchange(isPatient: before) }
    return try body()
  }
}
