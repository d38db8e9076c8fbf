/// A number and what it counts, for example `1 epoch` and `2 epochs`.
func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
