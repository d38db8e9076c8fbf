/// Python, where a machine has it: an independent reader of what this package writes.
public enum Python {
  /// Whether there is a Python 3 that can import a module; tests that need it are enabled by this.
  public static func has(_ module: String) -> Bool { output(of: "import \(module)") != nil }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: The program's text.
  ///   - arguments: What it finds in `sys.argv[1...]`.
  /// - Returns: What it printed, or `nil` if there is no Python 3 or the program failed.
  public static func output(of program: String, _ arguments: [String] = []) -> String? {
    let finished = try? FinishedCommand(["python3", "-c", program] + arguments)
    return finished?.exitCode == 0 ? finished?.output : nil
  }
}
