import Experiments
import Foundation
import Testing

@Suite struct ReadmeTests {
  /// The folder of the sources that the tests were compiled from.
  private let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func readme() throws -> String {
    try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
  }

  @Test func `what it links to is there`() throws {
    let targets = try readme().matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    let paths = targets.filter { !$0.contains("://") && !$0.hasPrefix("#") }
    #expect(paths.count > 5)
    for path in paths {
      let file = root.appending(path: path.prefix { $0 != "#" })
      #expect(FileManager.default.fileExists(atPath: file.path), "\(path)")
    }
  }

  @Test func `the headings that it links to are there`() throws {
    let text = try readme()
    let headings = text.matches(of: /\n#+ (.+)/).map { heading in
      heading.1.lowercased().filter { $0.isLetter || $0.isNumber || "- ".contains($0) }
        .replacing(" ", with: "-")
    }
    for link in text.matches(of: /\]\(#([^)\s]+)\)/) {
      #expect(headings.contains(String(link.1)), "#\(link.1)")
    }
  }

  @Test func `the table of configuration keys is current`() throws {
    // To renew it, paste what `moe-mlora configuration --markdown` prints.
    #expect(try readme().contains("\n\(ConfigurationReference.markdown)\n"))
  }
}
