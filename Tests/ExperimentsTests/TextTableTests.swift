import Experiments
import Testing

@Suite struct TextTableTests {
  @Test func `figures stand to the right of their columns`() {
    let table = TextTable([["", "rows", "AUC"], ["women", "7", "0.75"], ["all", "1024", ""]])
    #expect(table.description == "       rows   AUC\nwomen     7  0.75\nall    1024")
  }

  @Test func `words stand to the left, without spaces at the end`() {
    let table = TextTable([["a", "one"], ["long", "two words"], ["b", ""]], others: .left)
    #expect(table.description == "a     one\nlong  two words\nb")
  }

  @Test func `no lines are no text`() {
    #expect(TextTable([]).description.isEmpty)
  }

  @Test func `lines of different numbers of cells are a mistake`() async {
    await #expect(processExitsWith: .failure) { _ = TextTable([["a", "b"], ["c"]]) }
  }
}
