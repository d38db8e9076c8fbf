import Foundation
import Kernels
import Testing

@Suite struct HexadecimalTests {
  @Test func `every byte has two digits`() {
    let bytes = [UInt8](0...255)
    #expect(hexadecimal(bytes) == bytes.map { String(format: "%02x", $0) }.joined())
    #expect(hexadecimal([]) == "")
    #expect(hexadecimal([0, 10, 255]) == "000aff")
  }
}
