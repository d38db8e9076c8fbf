extension ConfigurationKey {
  /// The known key or section that an unknown name was probably meant to be, if one is near.
  ///
  /// Near is what differs in two characters or a third of the name; a name without its section
  /// (`dropout`) is compared with the last parts of the keys as well.
  static func nearest(to name: String) -> String? {
    let name = String(name.prefix(80))
    let limit = max(3, name.count / 3 + 1)
    var best: (name: String, distance: Int)?
    for candidate in all.map(\.name) + sections.sorted() {
      let last = candidate.split(separator: ".").last.map(String.init) ?? candidate
      let distance =
        name.contains(".")
        ? editDistance(name, candidate)
        : min(editDistance(name, candidate), editDistance(name, last))
      if distance < best?.distance ?? limit { best = (candidate, distance) }
    }
    return best?.name
  }

  /// The first key of a section; `nil` if the name is not that of a section.
  static func first(in section: String) -> ConfigurationKey? {
    all.first { $0.name.hasPrefix(section + ".") }
  }

  /// The dotted names of all mappings that hold keys.
  static let sections = Set(
    all.flatMap { key in
      key.sections.indices.map { key.sections[...$0].joined(separator: ".") }
    })
}

/// The fewest insertions, deletions and replacements of characters, capitals aside, that turn one
/// text into the other (Levenshtein, 1966).
///
/// - Complexity: O(n·m) for texts of n and m characters.
func editDistance(_ first: String, _ second: String) -> Int {
  let target = Array(second.lowercased())
  var row = Array(0...target.count)
  for (i, character) in first.lowercased().enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in target.indices {
      let replacement = diagonal + (character == target[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replacement, min(row[j], diagonal) + 1)
    }
  }
  return row[target.count]
}
