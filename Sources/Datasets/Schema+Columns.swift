internal import Features

/// The name of the column of labels, which no field may have.
let labelColumnName = "label"

/// The path of a column in a dataset's directory.
func columnPath(domain: Int, split: Split, name: String) -> String {
  "domain_\(domain)/\(split.rawValue)/\(name).npy"
}

extension Schema {
  /// The indices of the fields that have a column: all but the domain, which the directory implies.
  var storedFields: [Int] { fields.indices.filter { $0 != domainField } }

  /// The names of the fields that have a column.
  var storedFieldNames: [String] { storedFields.map { fields[$0].name } }

  /// What is wrong with a schema that was read from a file, if anything is.
  var contradiction: (expected: String, found: String)? {
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
          "different field names of letters, digits and underscores, none of them \(labelColumnName)",
          quoted(Array(field.name.utf8))
        )
      }
      guard (1...Int(Int32.max)).contains(field.cardinality) else {
        return ("a cardinality of \(field.name) in 1...\(Int32.max)", "\(field.cardinality)")
      }
    }
    return nil
  }

  private static func isColumnName(_ name: String) -> Bool {
    !name.isEmpty && name != labelColumnName
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
