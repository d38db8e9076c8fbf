import Experiments
import Testing

@Suite struct ConfigurationFuzzTests {
  /// Fragments that mean something to YAML or to the reader.
  private static let fragments = [
    "\n", "\n  ", "    ", "\t", ":", ": ", "- ", "? ", "[", "]", "{", "}", ",", "#", " # ", "&a ",
    "*a", "<<: *a", "!!int ", "!", "|\n", ">\n", "'", "\"", "%YAML 1.2\n", "---\n", "...\n", "\\",
    "\"\\u0000\"", "\"\\uD800\"", "\u{0}", "\u{FEFF}", "\u{2028}", "\u{1F600}", "é", "~", "null",
    "nan", ".inf", "-1", "0", "1e999", "99999999999999999999", "seed: 1\n", "model:", "training:",
    "@", "`", "%", "\r", "\r\n", "\u{85}", "\u{7F}", "true", "0x10", "0.5",
  ]

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `a mutated file is valid or is refused in one line`(group: UInt64) {
    var generator = SplitMix64(state: group)
    for _ in 0..<200 { Self.checkMutatedFile(using: &generator) }
  }

  private static func checkMutatedFile(using generator: inout SplitMix64) {
    var text = Array(RunConfiguration.random(using: &generator).yaml.unicodeScalars)
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      mutate(&text, using: &generator)
    }
    var yaml = ""
    yaml.unicodeScalars.append(contentsOf: text)
    do {
      let configuration = try RunConfiguration(yaml: yaml, name: "run.yaml")
      #expect(throws: Never.self) { try configuration.validate() }
      #expect((try? RunConfiguration(yaml: configuration.yaml, name: "")) == configuration)
    } catch {
      let message = "\(error)"
      #expect(message.hasPrefix("run.yaml"))
      #expect(!message.contains { $0.isNewline })
      #expect(message.count < 700)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `a mutated override is valid or is refused in one line`(group: UInt64) {
    var generator = SplitMix64(state: group)
    for _ in 0..<50 { Self.checkMutatedOverride(using: &generator) }
  }

  private static func checkMutatedOverride(using generator: inout SplitMix64) {
    let assignments = RunConfiguration.random(using: &generator).assignments
    var text = Array((assignments.randomElement(using: &generator) ?? "").unicodeScalars)
    mutate(&text, using: &generator)
    var override = ""
    override.unicodeScalars.append(contentsOf: text)
    let message = fault("training: {shards: 1}", overrides: [override])
    #expect(message.map { $0.hasPrefix("--set: ") && !$0.contains(where: \.isNewline) } ?? true)
  }

  /// Deletes, repeats, moves or inserts something at a random place.
  private static func mutate(_ text: inout [Unicode.Scalar], using generator: inout SplitMix64) {
    let start = Int.random(in: 0...text.count, using: &generator)
    let end = min(text.count, start + Int.random(in: 0...40, using: &generator))
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: text.removeSubrange(start..<end)
    case 1: text.insert(contentsOf: text[start..<end], at: start)
    case 2:
      let moved = Array(text[start..<end])
      text.removeSubrange(start..<end)
      let place = Int.random(in: 0...text.count, using: &generator)
      text.insert(contentsOf: moved, at: place)
    case 3: text.removeSubrange(end...)
    default:
      let fragment = fragments.randomElement(using: &generator) ?? ""
      text.insert(contentsOf: fragment.unicodeScalars, at: start)
    }
  }
}
