import Checkpoints
import Files
import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct EncodedElementsTests {
  /// What a manifest is read as here: the members of all kinds together.
  private struct Contents: Decodable, Equatable {
    var name: String
    var steps: [Int]
    var step: Int
  }

  @Test func `members that were encoded before are read with those that are others each time`()
    throws
  {
    let scratch = try ScratchFolder()
    let folder = CheckpointFolder(path: scratch.path)
    let sample = Sample([(1, 3)], seed: 2)
    var manifest = CheckpointManifest(
      phase: "backbone", expert: nil, epoch: 1, step: 0, nextSample: 0, isFinished: false,
      parts: .init(count: 1, blockRows: nil))
    let constant = try EncodedMembers(of: ["name": #"{"a": "ä"}"#], for: "manifest.json")
    var steps = EncodedElements()
    for step in 0..<4 {
      let name = CheckpointName("backbone", .steps(step))
      try folder.write("part", .init(sample.layout.entries), of: sample.buffer, for: name)
      try folder.publish(
        name, files: ["part"], waitingUpTo: .seconds(1), members: [constant, steps.member("steps")]
      ) { files in
        manifest.files = files
        manifest.step = step
        return manifest
      }
      #expect(
        try folder.manifest(of: name).members(as: Contents.self)
          == Contents(name: #"{"a": "ä"}"#, steps: Array(0..<step), step: step))
      try steps.append(step, for: "manifest.json")
      #expect(steps.count == step + 1)
    }
  }

  @Test func `a number that JSON does not have is refused, with the file it is for`() {
    var elements = EncodedElements()
    #expect {
      try elements.append(Double.nan, for: "run/manifest.json")
    } throws: { "\($0)".hasPrefix("run/manifest.json: manifest: expected numbers") }
    #expect(elements.count == 0)
  }
}
