import Foundation
import Kernels
import Testing

@Suite struct RandomStreamTests {
  /// The streams statistics are taken of: neighbouring seeds, every kind of index, other purposes.
  static let streams = [
    RandomStream(seed: 0, purpose: .initialisation), RandomStream(seed: 1, purpose: .shuffle),
    RandomStream(seed: 1, purpose: .dropout), RandomStream(seed: 1, purpose: .dropout).derived(0),
    RandomStream(seed: 1, purpose: .dropout).derived(1),
    RandomStream(seed: .max, purpose: .split).derived(-1).derived(1 << 40),
  ]

  /// Pearson's statistic of counts that should be equal.
  static func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// Whether a chi-square statistic lies within five standard deviations of its mean; with a hundred
  /// degrees of freedom and more, a fair generator lies outside for fewer than one key in 50,000.
  static func isPlausible(_ statistic: Double, freedom: Int) -> Bool {
    abs(statistic - Double(freedom)) < 5 * (2 * Double(freedom)).squareRoot()
  }

  @Test func `the first words of a stream are pinned`() {
    // A change here changes every result: it must be meant, and named in the commit.
    let stream = RandomStream(seed: 1, purpose: .initialisation)
    #expect(
      (0..<3).map { stream.bits(at: $0) } == [
        0x5C5B_2489_B31B_EB7B, 0xE6C3_D212_B331_7FCC, 0x278D_B1D3_AA85_D562,
      ])
    let derived = RandomStream(seed: 2026, purpose: .dropout).derived(3).derived(5)
    #expect(
      (0..<3).map { derived.bits(at: $0) } == [
        0x05B6_1ABB_E6D7_05E6, 0xF6C7_4910_B96B_DC91, 0x8C8D_4971_7814_2A53,
      ])
    #expect(
      RandomStream(seed: 1, purpose: .shuffle).permutation(count: 8) == [5, 4, 3, 0, 6, 2, 7, 1])
  }

  @Test func `a stream is SplitMix64 from its key`() {
    let stream = RandomStream(seed: 5, purpose: .synthesis)
    var state = stream.key
    for counter in 0..<1000 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      #expect(stream.bits(at: counter) == word ^ (word >> 31))
    }
  }

  @Test func `seeds, purposes and indices give streams of their own`() {
    let purposes: [RandomPurpose] = [
      .initialisation, .shuffle, .dropout, .negativeSampling, .split, .synthesis,
    ]
    let streams = purposes.flatMap { purpose in
      (0..<16 as Range<UInt64>).map { RandomStream(seed: $0, purpose: purpose) }
    }
    let derived = streams.flatMap { stream in (-8..<8).map { stream.derived($0) } }
    #expect(Set(streams + derived).count == streams.count + derived.count)
  }

  @Test(arguments: streams)
  func `numbers are spread evenly over their range`(stream: RandomStream) {
    var counts = [Int](repeating: 0, count: 256)
    for counter in 0..<100_000 {
      let number = stream.uniform(at: counter)
      #expect(number >= 0 && number < 1)
      counts[Int(256 * number)] += 1
    }
    #expect(
      RandomStreamTests.isPlausible(RandomStreamTests.chiSquare(counts), freedom: 255))
  }

  @Test(arguments: streams)
  func `every bit is set half of the time`(stream: RandomStream) {
    let count = 100_000
    for bit in 0..<64 {
      let set = (0..<count).reduce(0) { $0 + Int(stream.bits(at: $1) >> bit & 1) }
      // Five standard deviations of sqrt(n) / 2.
      #expect(abs(Double(set) - 50_000) < 5 * Double(count).squareRoot() / 2, "bit \(bit)")
    }
  }

  @Test(arguments: [1, 2, 7, 100, 1 << 40])
  func `integers stay below their bound and reach all of a small one`(bound: Int) {
    let stream = RandomStream(seed: 3, purpose: .split)
    let integers = (0..<10_000).map { stream.integer(below: bound, at: $0) }
    #expect(integers.allSatisfy { $0 >= 0 && $0 < bound })
    #expect(bound > 100 || Set(integers).count == bound)
  }

  @Test func `successive numbers are independent`() {
    let stream = RandomStream(seed: 4, purpose: .dropout)
    var counts = [Int](repeating: 0, count: 256)
    for counter in 0..<100_000 {
      let pair = (stream.uniform(at: counter), stream.uniform(at: counter + 1))
      counts[16 * Int(16 * pair.0) + Int(16 * pair.1)] += 1
    }
    #expect(RandomStreamTests.isPlausible(RandomStreamTests.chiSquare(counts), freedom: 255))
  }

  @Test(arguments: [1, 2, 16, 1 << 32])
  func `derived streams are independent of each other and of their parent`(distance: Int) {
    let parent = RandomStream(seed: 4, purpose: .dropout)
    var siblings = [Int](repeating: 0, count: 256)
    var generations = siblings
    for index in 0..<100_000 {
      let first = Int(16 * parent.derived(index).uniform(at: 7))
      siblings[16 * first + Int(16 * parent.derived(index + distance).uniform(at: 7))] += 1
      generations[16 * first + Int(16 * parent.uniform(at: index * distance))] += 1
    }
    #expect(RandomStreamTests.isPlausible(RandomStreamTests.chiSquare(siblings), freedom: 255))
    #expect(RandomStreamTests.isPlausible(RandomStreamTests.chiSquare(generations), freedom: 255))
  }

  @Test(arguments: streams)
  func `normal numbers have the moments of the distribution`(stream: RandomStream) {
    let count = 100_000
    let numbers = (0..<count).map { stream.normal(at: $0) }
    // Moments 1 to 4 are 0, 1, 0, 3; their estimates' variances are 1, 2, 15 and 96 over n.
    for (power, moment, variance) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      let mean = numbers.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
      #expect(abs(mean - moment) < 5 * (variance / Double(count)).squareRoot(), "moment \(power)")
    }
  }

  @Test(arguments: streams)
  func `truncated normal numbers stay within two deviations`(stream: RandomStream) {
    let count = 100_000
    let numbers = (0..<count).map { stream.truncatedNormal(at: $0) }
    #expect(numbers.allSatisfy { abs($0) <= 2 })
    #expect(numbers.contains { $0 < -1.99 } && numbers.contains { $0 > 1.99 })
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / Double(count)
    // The deviation after truncation is 0.87962566; squares have a variance below that of a normal's, 2.
    #expect(abs(mean) < 5 * 0.87962566 / Double(count).squareRoot())
    #expect(abs(variance - 0.87962566 * 0.87962566) < 5 * (2 / Double(count)).squareRoot())
  }

  @Test(arguments: [0, 1, 2, 7, 1023, 1024, 1025])
  func `a permutation holds every index once`(count: Int) {
    let stream = RandomStream(seed: 5, purpose: .shuffle)
    #expect(stream.permutation(count: count).sorted() == (0..<Int32(count)).map { $0 })
  }

  @Test func `every permutation is equally likely`() {
    let parent = RandomStream(seed: 6, purpose: .shuffle)
    var counts: [[Int32]: Int] = [:]
    for index in 0..<60_000 { counts[parent.derived(index).permutation(count: 5), default: 0] += 1 }
    #expect(counts.count == 120)
    let statistic = RandomStreamTests.chiSquare(counts.values.sorted())
    #expect(RandomStreamTests.isPlausible(statistic, freedom: 119))
  }

  @Test func `shuffling moves elements as the permutation says`() {
    let stream = RandomStream(seed: 7, purpose: .shuffle)
    var names = (0..<1009).map { "\($0)" }
    stream.shuffle(&names)
    #expect(names == stream.permutation(count: 1009).map { "\($0)" })
  }
}
