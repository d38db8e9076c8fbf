internal import ArgumentParser

/// The path that an argument names; throws if it is empty, as an unset variable of a shell leaves it.
func nonemptyPath(_ argument: String) throws(ValidationError) -> String {
  guard !argument.isEmpty else { throw ValidationError("expected a path, found nothing") }
  return argument
}
