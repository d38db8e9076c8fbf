import Checkpoints
import Files
import Foundation
import Kernels
import Testing

// What is left when calls are refused or cut short, or the power goes.

extension CheckpointFolderTests {
  /// The calls of writing the second checkpoint and the third.
  private func countCalls() throws -> ClosedRange<Int> {
    let root = "\(scratch.path)/counting"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let files = FaultyFiles(root)
    let folder = CheckpointFolder(path: root)
    let record = try write(3, to: folder, using: files)
    let first = files.calls + 1
    try write(6, to: folder, linking: record, using: files)
    try write(9, to: folder, linking: record, using: files)
    return first...files.calls
  }

  /// Writes three checkpoints with a fault in the second or third one, after which no other is written; returns those
  /// of which one has to be found.
  private func write(
    with fault: (Int, FaultyFiles.Fault), at index: Int
  ) throws -> (CheckpointFolder, FaultyFiles, expected: Set<Int>) {
    let root = "\(scratch.path)/\(index)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let files = FaultyFiles(root, fault: fault)
    let folder = CheckpointFolder(path: root)
    let record = try write(3, to: folder, using: files)
    do {
      try write(6, to: folder, linking: record, using: files)
    } catch {
      return (folder, files, [3, 6])
    }
    let hasThird = (try? write(9, to: folder, linking: record, using: files)) != nil
    return (folder, files, hasThird ? [9] : [6, 9])
  }

  @Test
  func `a refused call leaves the old checkpoint or the new one, and the next one is written`()
    throws
  {
    var outcomes: [Int: Int] = [:]
    var index = 0
    let kinds: [FaultyFiles.Fault] = [
      .refused(ENOSPC), .refused(EIO), .short(0, ENOSPC), .short(1, EIO), .short(513, ENOSPC),
    ]
    for call in try countCalls() {
      for kind in kinds {
        index += 1
        let (folder, _, expected) = try write(with: (call, kind), at: index)
        let steps = try #require(try newest(in: folder), "call \(call), \(kind)")
        #expect(expected.contains(steps), "call \(call), \(kind)")
        outcomes[steps == expected.min() ? 0 : 1, default: 0] += 1
        for leftover in try folder.leftovers { try folder.removeLeftover(leftover) }
        #expect(try folder.leftovers == [])
        try write(9, to: folder)
        #expect(try newest(in: folder) == 9)
        try FileManager.default.removeItem(atPath: folder.path)
      }
    }
    print(
      "refused calls: \(index); the old checkpoint was found \(outcomes[0] ?? 0) times, the new one "
        + "\(outcomes[1] ?? 0) times")
    #expect((outcomes[0] ?? 0) > 0 && (outcomes[1] ?? 0) > 0)
  }

  @Test func `what has been published stays when the power goes`() throws {
    let (folder, files, _) = try write(with: (1_000_000, .powerLoss(0)), at: 0)
    for names in FaultyFiles.Names.allCases {
      let target = "\(scratch.path)/\(names)"
      try files.restore(folder.path, to: target, keeping: names) { durable, _ in durable }
      #expect(try newest(in: CheckpointFolder(path: target)) == 9, "names kept: \(names)")
    }
  }

  @Test func `when the power goes, the old checkpoint or the new one is on the device`() throws {
    var outcomes: [Int: Int] = [:]
    var (index, cases) = (0, 0)
    let stream = RandomStream(seed: 5, purpose: .synthesis)
    for call in try countCalls() {
      // Torn at every 512 bytes of the largest write; other calls do nothing.
      for torn in stride(from: 0, through: 1024, by: 512) {
        index += 1
        let (folder, files, expected) = try write(with: (call, .powerLoss(torn)), at: index)
        for names in FaultyFiles.Names.allCases {
          let keeping: [(Int, Int) -> Int] = [
            { durable, _ in durable }, { _, all in all },
            { durable, all in
              durable
                + (all > durable ? stream.integer(below: all - durable, at: cases) / 512 * 512 : 0)
            },
          ]
          for kept in keeping {
            cases += 1
            let target = "\(scratch.path)/device-\(cases)"
            try files.restore(folder.path, to: target, keeping: names, kept: kept)
            let device = CheckpointFolder(path: target)
            let steps = try #require(
              try newest(in: device), "call \(call), \(torn) bytes, names kept: \(names)")
            #expect(expected.contains(steps), "call \(call), \(torn) bytes, names kept: \(names)")
            outcomes[steps == expected.min() ? 0 : 1, default: 0] += 1
            try FileManager.default.removeItem(atPath: target)
          }
        }
        try FileManager.default.removeItem(atPath: folder.path)
      }
    }
    print(
      "lost power: \(cases); the old checkpoint was found \(outcomes[0] ?? 0) times, the new one "
        + "\(outcomes[1] ?? 0) times")
    #expect((outcomes[0] ?? 0) > 0 && (outcomes[1] ?? 0) > 0)
  }
}
