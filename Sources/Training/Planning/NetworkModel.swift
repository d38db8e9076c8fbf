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
  public var latency: Double
  /// The seconds that sending or receiving a message keeps a rank busy, `o`.
  public var overhead: Double
  /// The bytes that a rank sends or receives in a second, `1 / G`.
  public var bandwidth: Double

  /// Describes a network; all times in seconds, the bandwidth in bytes per second.
  public init(latency: Double, overhead: Double, bandwidth: Double) {
    precondition(
      latency >= 0 && overhead >= 0 && bandwidth > 0, "\(latency), \(overhead), \(bandwidth)")
    self.latency = latency
    self.overhead = overhead
    self.bandwidth = bandwidth
  }

  /// Ethernet of 10 Gbit/s.
  public static let tenGigabitEthernet = NetworkModel(
    latency: 20e-6, overhead: 2e-6, bandwidth: 1.25e9)

  /// The seconds that an exchange takes.
  public func time(of traffic: Traffic) -> Double {
    Double(traffic.rounds) * latency + 2 * Double(traffic.messages) * overhead
      + Double(traffic.bytes) / bandwidth
  }
}
