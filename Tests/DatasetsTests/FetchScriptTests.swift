import Foundation
import TestSupport
import Testing

@Suite struct FetchScriptTests {
  let directory: TemporaryDirectory
  let script = MPIRun.packageFolder.appendingPathComponent("scripts/fetch-movielens").path

  init() throws { directory = try TemporaryDirectory() }

  /// Makes an archive of these files with Python, which the script can unpack with as well.
  private func archive(_ names: [String]) throws -> String {
    let path = directory.file("ml-1m.zip")
    let code = """
      import sys, zipfile
      with zipfile.ZipFile(sys.argv[1], 'w') as archive:
        for name in sys.argv[2:]: archive.writestr('ml-1m/' + name, name)
      """
    try #require(Python.output(of: code, [path] + names) != nil)
    return path
  }

  /// The MD5 of a file.
  private func md5(_ path: String) throws -> String {
    String(try FinishedCommand(["md5sum", path]).output.prefix(32))
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let finished = try FinishedCommand([script] + arguments)
    return (finished.exitCode, finished.output + finished.errorOutput)
  }

  private func fetch(_ arguments: String...) throws -> (status: Int32, output: String) {
    try run(["--output", directory.file("data")] + arguments)
  }

  @Test(.enabled(if: Python.has("zipfile")), arguments: ["", "file://"])
  func `an archive with the right checksum is unpacked`(scheme: String) throws {
    let path = try archive(["users.dat", "ratings.dat", "README"])
    let (status, output) = try fetch("--archive", scheme + path, "--md5", md5(path))
    #expect(status == 0 && output == "MovieLens-1M is in \(directory.file("data"))\n")
    #expect(try directory.entries == ["data", "ml-1m.zip"])
    #expect(try directory.read("data/users.dat") == Array("users.dat".utf8))
  }

  @Test(.enabled(if: Python.has("zipfile")))
  func `another checksum leaves everything as it was`() throws {
    let path = try archive(["users.dat", "ratings.dat"])
    let (status, output) = try fetch("--archive", path)
    #expect(status == 1)
    #expect(
      output.contains("expected MD5 c4d9eecfca2ab87c1945afe126590906, found \(try md5(path))"))
    #expect(try directory.entries == ["ml-1m.zip"])
  }

  @Test(.enabled(if: Python.has("zipfile")))
  func `an archive without the files leaves everything as it was`() throws {
    let path = try archive(["users.dat"])
    let (status, output) = try fetch("--archive", path, "--md5", md5(path))
    #expect(status == 1 && output.contains("expected ml-1m/ratings.dat in the archive"))
    #expect(try directory.entries == ["ml-1m.zip"])
  }

  @Test func `a taken output, a missing archive and a wrong option are bad usage`() throws {
    try directory.write("data", "mine")
    #expect(try fetch("--archive", "none").status == 2)
    #expect(try directory.read("data") == Array("mine".utf8))
    let missing = try run(["--output", directory.file("new"), "--archive", "none"])
    #expect(
      missing.status == 2
        && missing.output.hasPrefix("fetch-movielens: error: none: expected an archive"))
    #expect(try run(["--wrong"]).status == 2)
    #expect(try run(["--md5"]).status == 2)
    let help = try run(["--help"])
    #expect(help.status == 0 && help.output.hasPrefix("Usage: "))
    #expect(try directory.entries == ["data"])
  }
}
