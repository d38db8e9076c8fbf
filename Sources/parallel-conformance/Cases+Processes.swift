import Foundation
import MPI

extension Case {
  /// What ranks know about themselves and their start.
  static let processes = [
    Case("world", "every rank is there once") { world, _ in
      try expect(try world.allGather(world.rank), equals: Array(0..<world.size), "the ranks")
    },
    Case("describe", "prints the thread level, the host and the library") { _, _ in
      print("threads \(Runtime.threadLevel.map { "\($0)" } ?? "none")")
      print("host \(Runtime.hostName)")
      print("library \(Runtime.libraryVersion) implements \(Runtime.standardVersion)")
    },
    Case("environment", "prints the named variables as MPI found them") { _, names in
      for name in names {
        print("\(name)=\(ProcessInfo.processInfo.environment[name] ?? "unset")")
      }
    },
    Case("barrier", "barrier FOLDER: no rank leaves before the last has left a note there") {
      world, arguments in
      let folder = URL(fileURLWithPath: arguments.first ?? ".")
      for last in 0..<world.size {
        let note = folder.appendingPathComponent("\(last)").path
        if world.rank == last {
          Thread.sleep(forTimeInterval: 0.05)
          try expect(
            FileManager.default.createFile(atPath: note, contents: nil), equals: true, "writing")
        }
        try world.barrier()
        try expect(
          FileManager.default.fileExists(atPath: note), equals: true, "the note of rank \(last)")
      }
    },
  ]
}
