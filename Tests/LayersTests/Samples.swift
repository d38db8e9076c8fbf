/// At most `limit` of `count` indices, evenly spaced, the first and the last among them.
func samples(_ count: Int, atMost limit: Int) -> [Int] {
  count <= limit ? Array(0..<count) : (0..<limit).map { $0 * (count - 1) / (limit - 1) }
}
