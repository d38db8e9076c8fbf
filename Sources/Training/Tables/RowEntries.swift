import Kernels

/// A list of (table row, shard, sum): what ranks send each other of the gradients of tables.
///
/// An entry is `K + 3` floats: the row's number and the shard as bits, the gradient of the row's
/// embedding, and that of its weight. The shard is the first one of a node of the tree, and stands for
/// all of it: whoever sums the entries of all ranks treats an entry as a row of that shard.
struct RowEntries: ~Copyable {
  /// The floats of an entry.
  let width: Int
  private(set) var count = 0
  private var floats: Buffer

  /// The column at which the gradient begins.
  static let firstColumn = 2

  /// Makes room for a number of entries.
  init(capacity: Int, embeddingWidth: Int) {
    width = embeddingWidth + 3
    floats = Buffer(count: capacity * width)
  }

  /// Forgets all entries.
  mutating func removeAll() { count = 0 }

  /// Appends an entry.
  mutating func append(row: Int, shard: Int, sum: Span<Float>) {
    count += 1
    set(count - 1, row: row, shard: shard, sum: sum)
  }

  /// Writes an entry.
  mutating func set(_ index: Int, row: Int, shard: Int, sum: Span<Float>) {
    let start = index * width
    let first = start + RowEntries.firstColumn
    var numbers = floats.mutableSpan(start..<first)
    numbers[0] = Float(bitPattern: UInt32(row))
    numbers[1] = Float(bitPattern: UInt32(shard))
    var target = floats.mutableSpan(first..<start + width)
    copy(sum, into: &target)
  }

  /// The table row of an entry: its first float's bits.
  func row(at index: Int) -> Int {
    RowEntries.number(floats.span(index * width..<index * width + 1)[0])
  }

  /// The table row or the shard that is the first or second float of an entry.
  static func number(_ float: Float) -> Int { Int(float.bitPattern) }

  /// The sum of an entry.
  @_lifetime(borrow self)
  func sum(at index: Int) -> Span<Float> {
    floats.span(index * width + RowEntries.firstColumn..<(index + 1) * width)
  }

  /// All entries, `[count, K + 3]`.
  var matrix: Matrix {
    @_lifetime(borrow self) borrowing get { floats.matrix(rows: count, columns: width) }
  }

  /// The floats of all entries.
  var span: Span<Float> {
    @_lifetime(borrow self) borrowing get { floats.span(0..<count * width) }
  }

  /// Sets the number of entries, whose floats are written by the caller.
  mutating func resize(to count: Int) { self.count = count }

  /// The floats of all entries, to write.
  var mutableSpan: MutableSpan<Float> {
    @_lifetime(&self) mutating get { floats.mutableSpan(0..<count * width) }
  }
}
