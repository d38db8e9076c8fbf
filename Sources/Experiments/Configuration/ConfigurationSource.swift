/// Where a value of a configuration was written.
public enum ConfigurationSource: Hashable, Sendable, CustomStringConvertible {
  /// A line of a file, counted from one; without a line where the whole file is meant.
  case file(String, line: Int?)
  /// The `--set` option of the command line.
  case override
  /// The program that put the value there.
  case program

  /// The place as error messages begin with it, for example `run.yaml:12`.
  public var description: String {
    switch self {
    case .file(let name, let line?): "\(name):\(line)"
    case .file(let name, nil): name
    case .override: "--set"
    case .program: "configuration"
    }
  }
}
