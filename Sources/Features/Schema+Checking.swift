extension Schema {
  /// The name of the column of labels beside those of the fields, which no field may have.
  public static let labelName = "label"
  /// The name of the column of predictions beside those of the fields, which no field may have.
  public static let probabilityName = "probability"

  /// What is wrong with the schema, if anything is: what was expected and what was found.
  ///
  /// To be asked of a schema that was decoded from a file: decoding takes any numbers and names. With
  /// no contradiction, what the initialiser requires holds; there is at least one domain; names are
  /// different, of ASCII letters, digits and underscores, so that they can name files; and ids fit
  /// into 32 bits. Both texts are a single line.
  public var contradiction: (expected: String, found: String)? {
    guard fields.indices.contains(domainField) else {
      return ("a domainField in 0..<\(fields.count)", "\(domainField)")
    }
    let domain = fields[domainField]
    guard domainCount > 0, domain.cardinality == domainCount else {
      return ("a name for each of \(domain.cardinality) domains, at least one", "\(domainCount)")
    }
    for (index, field) in fields.enumerated() {
      guard Schema.isColumnName(field.name),
        !fields[..<index].contains(where: { $0.name == field.name })
      else {
        return (
          "different field names of letters, digits and underscores, none of them \(Schema.labelName) or "
            + Schema.probabilityName,
          String(reflecting: field.name)
        )
      }
      guard (1...Int(Int32.max)).contains(field.cardinality) else {
        return ("a cardinality of \(field.name) in 1...\(Int32.max)", "\(field.cardinality)")
      }
    }
    return nil
  }

  private static func isColumnName(_ name: String) -> Bool {
    !name.isEmpty && name != labelName && name != probabilityName
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
