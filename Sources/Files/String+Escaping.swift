extension String {
  /// The text with line breaks and control characters escaped.
  package var escaped: String {
    var line = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
        line += scalar.escaped(asASCII: true)
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  /// The text as part of a message: escaped, and shortened to 80 characters.
  package var onOneLine: String {
    String(prefix(80)).escaped + (dropFirst(80).isEmpty ? "" : "…")
  }
}
