import Files
import Foundation
import Testing

@Suite struct FaultInJSONTests {
  private struct Record: Codable {
    var steps: Int
    var losses: Losses
    struct Losses: Codable {
      var sum: Double
      var rows: [Int]
    }
  }

  @Test(arguments: [
    ("", "no JSON, or a number that does not fit its key"),
    ("{\"steps\": 1", "no JSON, or a number that does not fit its key"),
    (
      "{\"steps\": 1.5, \"losses\": {\"sum\": 1, \"rows\": []}}",
      "no JSON, or a number that does not fit its key"
    ),
    (
      "{\"steps\": 1, \"losses\": {\"sum\": \"1\", \"rows\": []}}",
      "losses.sum: Expected to decode Double but found a string instead."
    ),
    (
      "{\"steps\": 1, \"losses\": {\"sum\": 1, \"rows\": [3, true]}}",
      "losses.rows.Index 1: Expected to decode Int but found bool instead."
    ),
    (
      "{\"steps\": 1, \"losses\": {\"rows\": []}}", "losses.sum: expected a value, found none"
    ),
    (
      "{\"steps\": null, \"losses\": {\"sum\": 1, \"rows\": []}}",
      "steps: Cannot get value of type Int -- found null value instead"
    ),
  ])
  func `what cannot be decoded is told with its key, as far as the decoder tells`(
    text: String, fault: String
  ) {
    #expect {
      try JSONDecoder().decode(Record.self, from: Data(text.utf8))
    } throws: { error in
      #expect(faultInJSON(error) == fault)
      return true
    }
  }

  @Test func `what has no JSON is told with its key`() {
    #expect {
      try JSONEncoder().encode(Record(steps: 1, losses: .init(sum: .nan, rows: [])))
    } throws: { error in
      #expect(
        faultInJSON(error) == "losses.sum: Unable to encode Double.nan directly in JSON.",
        "\(faultInJSON(error))")
      return true
    }
  }
}
