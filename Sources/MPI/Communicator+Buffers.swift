extension Communicator {
  /// Calls `body` with the addresses of what is read and what is written.
  func withBuffers<Source, Destination, Result>(
    _ source: Span<Source>, _ destination: inout MutableSpan<Destination>,
    _ body: (UnsafeBufferPointer<Source>, UnsafeMutableBufferPointer<Destination>)
      throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    try unsafe source.withUnsafeBufferPointer { source throws(MPIError) in
      try unsafe destination.withUnsafeMutableBufferPointer { destination throws(MPIError) in
        try unsafe body(source, destination)
      }
    }
  }

  /// Calls `body` with the addresses of two spans to read.
  func withBuffers<First, Second, Result>(
    _ first: Span<First>, _ second: Span<Second>,
    _ body: (UnsafeBufferPointer<First>, UnsafeBufferPointer<Second>) throws(MPIError) -> Result
  ) throws(MPIError) -> Result {
    try unsafe first.withUnsafeBufferPointer { first throws(MPIError) in
      try unsafe second.withUnsafeBufferPointer { second throws(MPIError) in
        try unsafe body(first, second)
      }
    }
  }

  /// Traps unless a span has the number of elements that the others imply.
  func checkCounts(_ found: Int, _ expected: Int, _ what: String) {
    precondition(found == expected, "\(what): expected \(expected) elements, found \(found)")
  }

  /// Traps unless there is a block for every rank and the blocks, one behind the other, cover a span.
  func checkBlocks(_ blocks: Blocks, _ count: Int, _ what: String) {
    checkBlockCount(blocks)
    precondition(blocks.total == blocks.end, "\(what): blocks with gaps between them")
    checkCounts(count, blocks.total, what)
  }

  /// Traps unless there is a block for every rank and a span has room for all of them.
  func checkRoom(for blocks: Blocks, _ count: Int, _ what: String) {
    checkBlockCount(blocks)
    precondition(
      blocks.end <= count, "\(what): blocks of \(blocks.end) elements in \(count)")
  }

  /// Traps unless there is a block for every rank and a span has the size of this rank's.
  func checkOwnBlock(_ blocks: Blocks, _ count: Int) {
    checkBlockCount(blocks)
    checkCounts(count, blocks[rank].count, "the block of rank \(rank)")
  }

  private func checkBlockCount(_ blocks: Blocks) {
    precondition(
      blocks.count == size, "expected blocks for \(size) ranks, found \(blocks.count)")
  }
}

extension MutableSpan where Element: MessageElement {
  /// Takes over the elements of a span of the same size: what a collective of one rank does.
  mutating func copy(_ source: Span<Element>) {
    copy(source, to: 0..<count)
  }

  /// Takes over the elements of a span in a range of the same size.
  mutating func copy(_ source: Span<Element>, to range: Range<Int>) {
    precondition(
      source.count == range.count && range.lowerBound >= 0 && range.upperBound <= count,
      "copying \(source.count) elements to \(range) of \(count)")
    // Sound: as many elements, of a type without references; the exclusive span overlaps no other.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe withUnsafeMutableBufferPointer { target in
        guard let start = target.baseAddress, let from = source.baseAddress else { return }
        unsafe (start + range.lowerBound).update(from: from, count: source.count)
      }
    }
  }
}
