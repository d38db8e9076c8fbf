import Datasets
import Foundation
import TestSupport
import Testing

/// The published archive, where there is one: `MOVIELENS_DIR`, or the shared folder beside the package.
private let movieLensDirectory: String? = {
  let candidates: [String?] = [
    ProcessInfo.processInfo.environment["MOVIELENS_DIR"],
    MPIRun.packageFolder.appendingPathComponent("../shared/data/ml-1m").path,
  ]
  return candidates.compactMap { $0 }.first {
    FileManager.default.fileExists(atPath: "\($0)/ratings.dat")
  }
}()

/// The statistics of MovieLens-1M: rows, positives, users, items, and the rows of each split.
@Suite(.enabled(if: movieLensDirectory != nil, "MovieLens-1M is not here"))
struct MovieLensStatisticsTests {
  private func check(_ attribute: MovieLensAttribute, _ expected: [[Int]]) throws {
    let directory = try TemporaryDirectory()
    let source = try #require(movieLensDirectory)
    let path = directory.file("dataset")
    let contents = try MovieLens(directory: source).contents(by: attribute, seed: 123)
    try contents.write(to: path)
    let dataset = try Dataset(directory: path)
    try dataset.verify()
    let cardinalities = dataset.schema.fields.map(\.cardinality)
    // The original numbers 3,706 rated movies up to 3952; copies exist that number them through.
    #expect(cardinalities[0] == 6041 && [3707, 3953].contains(cardinalities[1]))
    let found = dataset.description.domains.map { domain in
      [
        domain.rows, domain.positives, domain.distinctIDs["uid"] ?? -1,
        domain.distinctIDs["pid"] ?? -1, domain.train.rows, domain.validation.rows,
        domain.test.rows,
      ]
    }
    #expect(found == expected)
    for (domain, figures) in dataset.description.domains.enumerated() {
      for split in Split.allCases {
        let ideal = Double(figures[split].rows * figures.positives) / Double(figures.rows)
        #expect(abs(Double(figures[split].positives) - ideal) <= 1, "domain \(domain)")
      }
    }
  }

  @Test func `by gender`() throws {
    try check(
      .gender,
      [
        [246_440, 58_546, 1_709, 3_481, 147_864, 49_288, 49_288],
        [753_769, 167_764, 4_331, 3_671, 452_261, 150_754, 150_754],
      ])
  }

  @Test func `by age`() throws {
    try check(
      .age,
      [
        [27_211, 6_802, 222, 2_650, 16_326, 5_442, 5_443],
        [183_536, 40_558, 1_103, 3_393, 110_121, 36_707, 36_708],
        [395_556, 85_730, 2_096, 3_508, 237_333, 79_111, 79_112],
        [199_003, 44_710, 1_193, 3_447, 119_401, 39_801, 39_801],
        [83_633, 19_142, 550, 3_288, 50_179, 16_727, 16_727],
        [72_490, 18_600, 496, 3_258, 43_494, 14_498, 14_498],
        [38_780, 10_768, 380, 2_913, 23_268, 7_756, 7_756],
      ])
  }

  @Test func `by occupation`() throws {
    try check(
      .occupation,
      [
        [130_499, 28_178, 711, 3_448, 78_299, 26_100, 26_100],
        [85_351, 18_603, 528, 3_218, 51_210, 17_070, 17_071],
        [50_068, 11_702, 267, 3_145, 30_040, 10_014, 10_014],
        [31_623, 7_825, 173, 2_952, 18_973, 6_325, 6_325],
        [131_032, 30_272, 759, 3_363, 78_619, 26_206, 26_207],
        [21_850, 4_655, 112, 2_632, 13_110, 4_370, 4_370],
        [37_205, 9_269, 236, 3_011, 22_323, 7_441, 7_441],
        [105_425, 23_044, 679, 3_269, 63_255, 21_085, 21_085],
        [2_706, 489, 17, 1_445, 1_623, 541, 542],
        [11_345, 2_555, 92, 2_192, 6_807, 2_269, 2_269],
        [23_290, 5_822, 195, 2_455, 13_974, 4_658, 4_658],
        [20_563, 5_069, 129, 2_579, 12_337, 4_113, 4_113],
        [57_214, 13_670, 388, 2_925, 34_328, 11_443, 11_443],
        [13_754, 3_839, 142, 2_340, 8_252, 2_751, 2_751],
        [49_109, 11_315, 302, 2_953, 29_465, 9_822, 9_822],
        [22_951, 5_654, 144, 2_517, 13_770, 4_590, 4_591],
        [46_021, 9_902, 241, 3_123, 27_612, 9_204, 9_205],
        [72_816, 16_209, 502, 3_087, 43_689, 14_563, 14_564],
        [12_086, 2_315, 70, 2_449, 7_251, 2_417, 2_418],
        [14_904, 3_179, 72, 2_679, 8_942, 2_981, 2_981],
        [60_397, 12_744, 281, 3_330, 36_238, 12_079, 12_080],
      ])
  }
}
