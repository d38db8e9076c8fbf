internal import Features

/// The path of a column in a dataset's directory.
func columnPath(domain: Int, split: Split, name: String) -> String {
  "domain_\(domain)/\(split.rawValue)/\(name).npy"
}

extension Schema {
  /// The indices of the fields that have a column: all but the domain, which the directory implies.
  var storedFields: [Int] { fields.indices.filter { $0 != domainField } }

  /// The names of the fields that have a column.
  var storedFieldNames: [String] { storedFields.map { fields[$0].name } }
}
