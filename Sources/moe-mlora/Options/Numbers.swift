internal import ArgumentParser

/// The whole number that an argument writes; throws what is expected if it is none, or too large.
@Sendable func wholeNumber<Value: FixedWidthInteger>(
  _ argument: String
) throws(ValidationError) -> Value {
  if let value = Value(argument) { return value }
  let range = Value.isSigned ? "of at most \(Value.max)" : "from 0 to \(Value.max)"
  throw ValidationError("expected a whole number \(range)")
}

/// The number that an argument writes; throws what is expected if it is none.
@Sendable func number(_ argument: String) throws(ValidationError) -> Double {
  guard let value = Double(argument) else { throw ValidationError("expected a number") }
  return value
}

/// The number that one of several arguments of an option writes; throws what is expected if it is none.
@Sendable func numberOfSeveral(_ argument: String) throws(ValidationError) -> Double {
  guard let value = Double(argument) else {
    throw ValidationError("expected numbers with spaces between them")
  }
  return value
}
