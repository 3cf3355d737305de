import FilterLanguage
import Testing

@Suite struct FuzzTests {
  /// Every input must give a tree or an error whose range lies in the text; a tree must survive its canonical spelling.
  private func examine(_ text: [UInt8]) {
    do throws(SyntaxError) {
      let expression = try Expression(parsing: text)
      let spelled = Array(expression.canonicalText.utf8)
      // Bytes that are no UTF-8 are replaced in the canonical text, so only clean texts can be compared.
      guard String(validating: text, as: UTF8.self) != nil, !text.contains(UInt8(ascii: "\\")) else { return }
      do throws(SyntaxError) {
        let again = try Expression(parsing: spelled)
        #expect(Array(again.canonicalText.utf8) == spelled)
      } catch {
        // Canonical parentheses may nest deeper than those of the original.
        if case .tooDeep = error.reason { return }
        Issue.record("\(String(decoding: text, as: UTF8.self)) -> \(error.message)")
      }
    } catch {
      #expect(error.range.lower <= error.range.upper)
      #expect(Int(error.range.upper) <= text.count)
      #expect(!error.message.isEmpty)
    }
  }

  @Test func mutatedConditionsNeverCrash() {
    var random = SplitMix(state: 1)
    let corpus = conditions.map { Array($0.utf8) }
    let interesting = Array("()[]\"'\\,=<>! \n.x0not and or in val( anyof".utf8)
    for _ in 0..<20_000 {
      var text = corpus.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let at = Int.random(in: 0..<max(1, text.count), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where !text.isEmpty: text[at] = UInt8.random(in: 0...255, using: &random)
        case 1 where !text.isEmpty: text.remove(at: at)
        case 2 where !text.isEmpty: text[at] = interesting.randomElement(using: &random) ?? 0
        case 3:
          let other = corpus.randomElement(using: &random) ?? []
          let start = Int.random(in: 0..<other.count, using: &random)
          text.insert(contentsOf: other[start..<min(other.count, start + 12)], at: min(at, text.count))
        default: text.insert(interesting.randomElement(using: &random) ?? 0, at: min(at, text.count))
        }
      }
      examine(text)
    }
  }

  @Test func randomTokensNeverCrash() {
    var random = SplitMix(state: 2)
    let tokens = [
      "a.b", "m", "and ", "or ", "not ", "not(", "(", ")", "in ", "=", "<", "exists ", "contains ", "anyof ", "val(",
      "len(", "join(", "getopt(", "\"x y\"", "'", "\"", "\\", ",", "[1]", "[", "]", " ", "5", "0x", "-", "é",
    ]
    for _ in 0..<20_000 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...24, using: &random) {
        text += (tokens.randomElement(using: &random) ?? "").utf8
      }
      examine(text)
    }
  }

  @Test func longTextsTakeLinearTime() {
    let clock = ContinuousClock()
    let list = "a.b in (" + String(repeating: "\"item one\", ", count: 100_000) + "x)"
    let chain = String(repeating: "a.b = c and ", count: 100_000) + "a.b = c"
    let quotes = "a.b = " + String(repeating: "\"\\", count: 500_000)
    let elapsed = clock.measure {
      for text in [list, chain, quotes, String(repeating: "(", count: 1_000_000)] { examine(Array(text.utf8)) }
    }
    #expect(elapsed < .seconds(30))
  }

  @Test func suggestionsFindSwappedAndMissingLetters() {
    #expect(Suggestion.closest(to: "contians", among: ["contains", "icontains"]) == "contains")
    #expect(Suggestion.closest(to: "ni", among: ["in"]) == "in")
    #expect(Suggestion.closest(to: "zebra", among: ["contains", "in"]) == nil)
  }
}
