import Checkpoints
import Foundation
import Testing

@Suite struct SealedObjectTests {
  /// Objects whose sizes lie around one block and two.
  private func text(_ length: Int) throws -> [UInt8] {
    let members = try ["first": length, "second": 0].sorted { $0.key < $1.key }.map { key, count in
      try EncodedMembers(of: [key: String(repeating: "x", count: count)], for: "manifest.json")
    }
    return SealedObject.text(members, multipleOf: 256)
  }

  @Test func `a sealed object of any size is whole, is JSON, and fills blocks`() throws {
    var sizes: Set<Int> = []
    for length in 0..<600 {
      let text = try text(length)
      #expect(SealedObject.fault(of: text) == nil)
      let members = try JSONDecoder().decode([String: String].self, from: Data(text))
      #expect(members["first"]?.count == length && members["second"] == "" && members.count == 3)
      sizes.insert(text.count)
      // No block more than is needed: 101 bytes are there without the first value.
      #expect(text.count == (length + 101 + 255) / 256 * 256, "\(length)")
    }
    #expect(sizes == [256, 512, 768])
  }

  @Test func `any other byte, and any byte less, is a fault`() throws {
    let text = try text(30)
    for index in text.indices {
      for bit in 0..<8 {
        var other = text
        other[index] ^= 1 << bit
        #expect(SealedObject.fault(of: other) != nil, "bit \(bit) of byte \(index)")
      }
      #expect(SealedObject.fault(of: Array(text[..<index])) == .notSealed)
    }
  }
}
