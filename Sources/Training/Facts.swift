package import Datasets

/// The stored properties of a value, a line each, such as `model.gate.input: domain`, in their order.
///
/// Their names are those of the configuration's keys, so that a difference can be looked up.
package func facts(_ value: Any, _ name: String) -> [String] {
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .struct:
    return mirror.children.flatMap { facts($0.value, "\(name).\($0.label ?? "")") }
  case .optional:
    return mirror.children.first.map { facts($0.value, name) } ?? ["\(name): none"]
  default:
    return ["\(name): \(value)"]
  }
}

/// The content of a dataset, in one line.
package func facts(_ dataset: Dataset) -> [String] {
  ["fingerprint \(dataset.fingerprint) of \(dataset.description.name)"]
}
