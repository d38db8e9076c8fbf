internal import Datasets
internal import Files
internal import Foundation

extension RunDirectory {
  /// Reads the configuration the run was made with.
  public func configuration() throws(ExperimentError) -> RunConfiguration {
    try RunConfiguration(path: configurationPath)
  }

  /// Reads the final figures.
  ///
  /// - Throws: If the run has not finished or its file is damaged.
  public func results() throws(ExperimentError) -> RunResults {
    guard FileManager.default.fileExists(atPath: resultsPath) else {
      throw .unfinished(path: path)
    }
    return try Self.read(resultsPath, expecting: "the figures of a run")
  }

  /// Reads a JSON file of a run.
  static func read<Value: Decodable>(
    _ path: String, expecting expected: String
  ) throws(ExperimentError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(contentsOfFile(path)))
    } catch {
      throw .damaged(path: path, expected: expected, reason: error.reason)
    }
  }

  /// Adds a record to the metrics as one line of JSON, keys in alphabetical order.
  ///
  /// - Parameter record: A value without infinities and NaN.
  /// - Throws: If the record cannot be encoded or the file cannot be written.
  public func appendMetrics(_ record: some Encodable) throws(ExperimentError) {
    do {
      let line = try Self.encoder([]).encode(record) + [0x0A]
      // One call opens or creates, so that no other process can step between the two.
      let file = try FileDescriptor(appendingTo: metricsPath)
      try file.write(Array(line).span.rawBytes)
    } catch {
      throw .failed(action: "append a record", path: metricsPath, reason: error.reason)
    }
  }

  /// Writes the final figures, replacing the whole file at once.
  ///
  /// - Parameter results: A value without infinities and NaN.
  /// - Throws: If the results cannot be encoded or the file cannot be written.
  public func writeResults(_ results: some Encodable) throws(ExperimentError) {
    try Self.write(results, toJSON: resultsPath, by: .fixed)
  }

  /// Writes figures as JSON with sorted keys to any file, replacing the whole file at once.
  ///
  /// - Throws: If the file cannot be written, or is there and no regular one.
  public static func write(
    _ figures: some Encodable, toJSON path: String
  ) throws(ExperimentError) {
    try write(figures, toJSON: path, by: .unique)
  }

  /// Throws if figures cannot be written to a file, as far as that can be told before; changes nothing.
  public static func checkIsWritable(_ path: String) throws(ExperimentError) {
    if let kind = kindOfNonregularFile(at: path) {
      throw .notAFile(path: path, found: kind)
    }
    do {
      try checkDirectoryIsWritable(of: path)
    } catch {
      throw .failed(action: "write figures", path: path, reason: error.reason)
    }
  }

  private static func write(
    _ figures: some Encodable, toJSON path: String, by name: TemporaryName
  ) throws(ExperimentError) {
    try checkIsWritable(path)
    do {
      try publish(Array(try encoder(.prettyPrinted).encode(figures)) + [0x0A], to: path, by: name)
    } catch {
      throw .failed(action: "write figures", path: path, reason: error.reason)
    }
  }

  private static func encoder(_ formatting: JSONEncoder.OutputFormatting) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    return encoder
  }
}

extension Error {
  /// Why an operation failed, in one line.
  var reason: String {
    let text: String
    switch self {
    case let error as SystemCallError: text = error.reason
    case is DecodingError, is EncodingError: text = faultInJSON(self)
    case let error as CocoaError: text = (error.underlying ?? error).localizedDescription
    default: text = localizedDescription
    }
    // Foundation begins the system's reason with a sentence that tells nothing.
    return text.replacingOccurrences(of: "The operation could not be completed. ", with: "")
      .onOneLine
  }
}
