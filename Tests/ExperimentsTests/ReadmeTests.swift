import Experiments
import Foundation
import Testing

@Suite struct ReadmeTests {
  /// The text of the README of the sources that the tests were compiled from.
  private func readme() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
  }

  @Test func `the table of configuration keys is current`() throws {
    // To renew it, paste what `moe-mlora configuration --markdown` prints.
    #expect(try readme().contains("\n\(ConfigurationReference.markdown)\n"))
  }
}
