/// What a stream of random numbers is for; streams of different purposes are independent.
public enum RandomPurpose: UInt64, Sendable {
  /// Initial parameter values.
  case initialisation = 1
  /// The order of training rows.
  case shuffle
  /// Dropout masks.
  case dropout
  /// Which items a user is assumed not to like.
  case negativeSampling
  /// Which rows go to training, validation and test.
  case split
  /// Synthetic data.
  case synthesis
}
