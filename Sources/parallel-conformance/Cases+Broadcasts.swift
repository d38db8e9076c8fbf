import MPI

extension Case {
  /// Copies from one rank to all.
  static let broadcasts = [
    Case("broadcast", "every root's elements reach all ranks, for every element type") { world, _ in
      try broadcast(Float.self, world)
      try broadcast(Double.self, world)
      try broadcast(Int32.self, world)
      try broadcast(Int64.self, world)
      try broadcast(Int.self, world)
      try broadcast(UInt8.self, world)
      try broadcast(UInt64.self, world)
    },
    Case("broadcast-array", "an array of any size replaces the others'") { world, _ in
      for root in 0..<world.size {
        for count in counts {
          var values = contributions(
            of: world.rank, count: world.rank == root ? count : 3, as: Int.self)
          try world.broadcast(&values, from: root)
          try expect(values.count, equals: count, "the array's size")
          try expect(values, "broadcast from \(root)") { contribution(of: root, at: $0) }
        }
      }
    },
    Case("broadcast-pieces", "more elements than MPI counts go in pieces") { world, _ in
      for limit in [1, 7, 64] {
        let group = try world.duplicate()
        group.largestCount = limit
        for count in [0, 1, 6, 7, 8, 64, 65] {
          var values = contributions(of: world.rank, count: count, as: Float.self)
          var span = values.mutableSpan
          try group.broadcast(&span)
          try group.allReduce(&span, .sum)
          try expect(values, "\(count) elements, \(limit) at a time") {
            Float(world.size) * contribution(of: 0, at: $0)
          }
        }
      }
    },
  ]

  private static func broadcast<Element: MessageElement & Numeric>(
    _ type: Element.Type, _ world: Communicator
  ) throws {
    for root in 0..<world.size {
      for count in counts {
        var values = contributions(of: world.rank, count: count, as: type)
        var span = values.mutableSpan
        try world.broadcast(&span, from: root)
        try expect(values, "\(type) from \(root)") { contribution(of: root, at: $0) }
      }
      var value: Element = contribution(of: world.rank, at: 0)
      try world.broadcast(&value, from: root)
      try expect(value, equals: contribution(of: root, at: 0), "one \(type) from \(root)")
    }
  }
}
