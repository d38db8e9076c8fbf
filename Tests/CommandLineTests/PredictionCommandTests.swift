import TestSupport
import Testing

@Suite(.serialized) struct PredictionCommandTests {
  private let workplace: Workplace
  private let run: String

  init() throws {
    workplace = try Workplace()
    run = try workplace.makeRun()
  }

  /// The lines that a prediction of some lines gives.
  private func predict(_ lines: [String], ranks: Int? = nil) throws -> [String] {
    let input = try workplace.write(lines.joined(separator: "\n") + "\n", to: "rows.csv")
    let result = try MPIRun.start(
      ["predict", run, "--input", input, "--output", workplace.path("answers.csv")], ranks: ranks)
    #expect(result.exitCode == 0, "\(result.report)")
    #expect(result.output.isEmpty, "\(result.report)")
    #expect(
      result.errorOutput
        == "\(workplace.path("answers.csv")): \(lines.count - 1) row\(lines.count == 2 ? "" : "s")\n",
      "\(result.report)")
    return try workplace.text("answers.csv").split(separator: "\n").map(String.init)
  }

  @Test(arguments: [0, 1, 7, 1025])
  func `every row keeps its place and its columns and gets a probability`(count: Int) throws {
    let header = "note,domain,pid,uid"
    let rows = (0..<count).map { "row \($0),\(($0 * 7) % 2),\($0 % 15),\($0 % 20)" }
    let answers = try predict([header] + rows)
    #expect(answers.first == "\(header),probability")
    #expect(answers.count == count + 1)
    for (row, answer) in zip(rows, answers.dropFirst()) {
      #expect(answer.hasPrefix("\(row),"))
      let probability = try #require(Float(answer.dropFirst(row.count + 1)))
      #expect(probability > 0 && probability < 1)
    }
  }

  @Test func `a row's probability does not depend on the rows beside it`() throws {
    let rows = (0..<17).map { "\($0 % 20),\($0 % 15),\($0 % 2)" }
    let together = try predict(["uid,pid,domain"] + rows)
    for index in [0, 1, 8, 16] {
      let alone = try predict(["uid,pid,domain", rows[index]])
      #expect(alone[1] == together[index + 1])
    }
    #expect(Set(together).count > 10)
  }

  @Test(arguments: [
    #"cat "$4" | "$0" predict "$1" --input /dev/stdin --output "$2""#,
    #"mkfifo "$3"; cat "$4" > "$3" & "$0" predict "$1" --input "$3" --output "$2""#,
  ])
  func `rows may come from a pipe`(script: String) throws {
    let rows = ["uid,pid,domain"] + (0..<30_000).map { "\($0 % 20),\($0 % 15),\($0 % 2)" }
    let answers = try predict(rows)
    let output = workplace.path("piped.csv")
    let result = try MPIRun.run(
      ["sh", "-c", script, MPIRun.program, run, output, workplace.path("pipe")]
        + [workplace.path("rows.csv")])
    #expect(result.exitCode == 0, "\(result.report)")
    #expect(try workplace.text("piped.csv").split(separator: "\n").map(String.init) == answers)
  }

  @Test func `several ranks write the file once, and the same`() throws {
    let rows = ["uid,pid,domain", "1,2,0", "3,4,1"]
    #expect(try predict(rows, ranks: 3) == predict(rows))
  }
}
