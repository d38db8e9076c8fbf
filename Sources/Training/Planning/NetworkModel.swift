/// How long messages take, after LogGP: a message of `k` bytes takes `o + L + G k + o` seconds.
///
/// `L` is the latency, `o` the overhead of a rank that sends or receives, during which it can do nothing
/// else, and `G` the time for each byte of a long message. Messages of one round overlap but for their
/// overheads and bytes.
///
/// - Source: Alexandrov, Ionescu, Schauser and Scheiman, “LogGP: incorporating long messages into the LogP
///   model”, 1995.
public struct NetworkModel: Hashable, Codable, Sendable {
  /// The seconds that a message is on its way, `L`.
  public var latencyInSeconds: Double
  /// The seconds that sending or receiving a message keeps a rank busy, `o`.
  public var overheadInSeconds: Double
  /// The bytes that a rank sends or receives in a second, `1 / G`.
  public var bytesPerSecond: Double

  /// Describes a network.
  public init(latencyInSeconds: Double, overheadInSeconds: Double, bytesPerSecond: Double) {
    precondition(
      latencyInSeconds >= 0 && overheadInSeconds >= 0 && bytesPerSecond > 0,
      "\(latencyInSeconds), \(overheadInSeconds), \(bytesPerSecond)")
    self.latencyInSeconds = latencyInSeconds
    self.overheadInSeconds = overheadInSeconds
    self.bytesPerSecond = bytesPerSecond
  }

  /// Ethernet of 10 Gbit/s.
  public static let tenGigabitEthernet = NetworkModel(
    latencyInSeconds: 20e-6, overheadInSeconds: 2e-6, bytesPerSecond: 1.25e9)

  /// The seconds that an exchange takes.
  public func time(of traffic: Traffic) -> Double {
    Double(traffic.rounds) * latencyInSeconds + 2 * Double(traffic.messages) * overheadInSeconds
      + Double(traffic.bytes) / bytesPerSecond
  }

  /// The names of a report, which are those of the options that set the values.
  private enum CodingKeys: String, CodingKey {
    case latencyInSeconds = "latency"
    case overheadInSeconds = "overhead"
    case bytesPerSecond = "bandwidth"
  }
}
