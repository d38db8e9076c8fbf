import Features
import FoundationEssentials
import Testing

@Suite struct SchemaTests {
  /// A sound schema as JSON, with one part of the text replaced.
  private func schema(_ old: String = "", _ new: String = "") throws -> Schema {
    let text = """
      {"fields": [{"name": "uid", "cardinality": 5}, {"name": "domain", "cardinality": 2}],
      "domainField": 1, "domainNames": ["F", "M"]}
      """
    return try JSONDecoder().decode(
      Schema.self, from: Data(text.replacing(old, with: new, maxReplacements: 1).utf8))
  }

  @Test func `a sound schema has no contradiction`() throws {
    #expect(try schema().contradiction == nil)
    #expect(try schema("5", "1").contradiction == nil)
    #expect(try schema("5", "2147483647").contradiction == nil)
  }

  @Test(arguments: [
    ("\"domainField\": 1", "\"domainField\": 2", "a domainField in 0..<2", "2"),
    ("\"domainField\": 1", "\"domainField\": -1", "a domainField in 0..<2", "-1"),
    ("[\"F\", \"M\"]", "[]", "a name for each of 2 domains, at least one", "0"),
    ("[\"F\", \"M\"]", "[\"F\"]", "a name for each of 2 domains, at least one", "1"),
    ("5", "0", "a cardinality of uid in 1...2147483647", "0"),
    ("5", "-1", "a cardinality of uid in 1...2147483647", "-1"),
    ("5", "2147483648", "a cardinality of uid in 1...2147483647", "2147483648"),
    ("uid", "domain", "different field names", "\"domain\""),
    ("uid", "", "different field names", "\"\""),
    ("uid", "label", "different field names", "\"label\""),
    ("uid", "probability", "different field names", "\"probability\""),
    ("uid", "../uid", "different field names", "\"../uid\""),
    ("uid", "u\\nid", "different field names", "\"u\\nid\""),
  ])
  func `a contradiction is told in one line`(
    old: String, new: String, expected: String, found: String
  ) throws {
    let contradiction = try #require(try schema(old, new).contradiction)
    #expect(contradiction.expected.hasPrefix(expected))
    #expect(contradiction.found == found)
    #expect(!(contradiction.expected + contradiction.found).contains("\n"))
  }

  @Test func `no fields are a contradiction`() throws {
    let schema = try JSONDecoder().decode(
      Schema.self, from: Data(#"{"fields": [], "domainField": 0, "domainNames": []}"#.utf8))
    let contradiction = try #require(schema.contradiction)
    #expect(contradiction == ("a domainField in 0..<0", "0"))
  }
}
