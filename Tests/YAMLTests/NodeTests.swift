import Testing
import YAML

func read(_ text: String, limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [YAMLNode] {
  try YAMLDocuments.read(Array(text.utf8), limits: limits)
}

func first(_ text: String) throws -> YAMLNode { try #require(try read(text).first) }

func failure(_ text: String, limits: YAMLLimits = YAMLLimits()) -> YAMLError? {
  do throws(YAMLError) {
    _ = try read(text, limits: limits)
    return nil
  } catch {
    return error
  }
}

@Suite struct NodeTests {
  @Test func mappingsKeepOrderAndDuplicates() throws {
    let node = try first("b: 1\na: 2\nb: 3\n")
    #expect(node.entries?.map(\.key.string) == ["b", "a", "b"])
    #expect(node["b"]?.string == "1")
    #expect(node.duplicateKeys.map(\.mark.line) == [2])
    #expect(node["c"] == nil)
  }

  @Test func nullsArePlainOnly() throws {
    let node = try first("[~, null, NULL, Null, '', \"null\", nil]")
    #expect(node.elements?.map(\.isNull) == [true, true, true, true, false, false, false])
    #expect(try first("a:\n")["a"]?.isNull == true)
    #expect(try read("").isEmpty)
    #expect(try read("---\n").map(\.isNull) == [true])
  }

  @Test func streamsHoldSeveralDocuments() throws {
    #expect(try read("a\n---\n- b\n---\n---\nc: d\n").count == 4)
  }

  @Test func booleansHaveManySpellings() throws {
    for text in ["true", "True", "TRUE", "yes", "Yes", "on", "ON", "y", "Y", "'true'"] {
      #expect(try first(text).bool == true)
    }
    for text in ["false", "no", "No", "off", "OFF", "n", "\"off\""] { #expect(try first(text).bool == false) }
    for text in ["maybe", "tRUE", "1", "0", "yEs"] { #expect(try first(text).bool == nil) }
  }

  @Test func numbersAreRead() throws {
    #expect(try first("42").integer == 42)
    #expect(try first("-7").integer == -7)
    #expect(try first("-7").unsignedInteger == nil)
    #expect(try first("0x1f").integer == 31)
    #expect(try first("010").integer == 8)
    #expect(try first("18446744073709551615").unsignedInteger == UInt64.max)
    #expect(try first("-9223372036854775808").integer == Int64.min)
    #expect(try first("9223372036854775808").integer == nil)
    for text in ["1.5", "x", "0x", "1_000", "--1", "+-1"] { #expect(try first(text).integer == nil) }
    #expect(try first("1.5").double == 1.5)
    #expect(try first("-.inf").double == -.infinity)
  }

  @Test func aliasesStandForTheirAnchors() throws {
    let node = try first("a: &x [1, 2]\nb: *x\nc: &y z\nd: *y\n")
    #expect(node["b"]?.elements?.map(\.string) == ["1", "2"])
    #expect(node["d"]?.string == "z")
    #expect(node["b"]?.mark == node["a"]?.mark)
  }

  @Test func mergeKeysAreOrdinaryKeys() throws {
    let node = try first("a: &x {k: v}\nb:\n  <<: *x\n")
    #expect(node["b"]?["k"] == nil)
    #expect(node["b"]?["<<"]?["k"]?.string == "v")
  }

  @Test func anchorsEndWithTheirDocument() {
    #expect(failure("a: &x 1\n---\nb: *x\n")?.reason == .unknownAlias("x"))
  }

  @Test func aNodeCannotContainItself() {
    #expect(failure("&a [*a]")?.reason == .unknownAlias("a"))
  }

  @Test func nestedAliasesCannotGrowWithoutBound() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(failure(text)?.reason == .tooManyNodes(limit: YAMLLimits().nodes))
  }

  @Test func nestingIsLimited() {
    #expect(failure(String(repeating: "[", count: 100_000))?.reason == .tooDeep(limit: YAMLLimits().depth))
    #expect(failure(String(repeating: "- ", count: 100_000))?.reason == .tooDeep(limit: YAMLLimits().depth))
    var limits = YAMLLimits()
    limits.bytes = 4
    #expect(failure("abcde", limits: limits)?.reason == .tooLong(limit: 4))
  }

  @Test func errorsHaveTheirPlace() throws {
    let unclosed = try #require(failure("a: b\nc: [1, 2\nd: e\n"))
    #expect(unclosed.mark.line >= 1)
    let tab = try #require(failure("a:\n\tb: c\n"))
    #expect(tab.mark.line == 1)
    #expect(tab.mark.offset == 3)
    let encoding = try #require(
      {
        do throws(YAMLError) {
          _ = try YAMLDocuments.read([0x61, 0x0A, 0x62, 0xFF, 0x63])
          return nil as YAMLError?
        } catch {
          return error
        }
      }())
    #expect(encoding.mark == YAMLMark(line: 1, column: 1, offset: 3))
    guard case .encoding = encoding.reason else { throw encoding }
  }

  @Test func marksCountBytesAndCharacters() throws {
    let node = try first("\u{FEFF}ä: ö\nü: [é, ñ]\n")
    #expect(node.entries?[0].value.mark.offset == 3 + 4)
    let elements = try #require(node["ü"]?.elements)
    #expect(elements[0].mark == YAMLMark(line: 1, column: 4, offset: 15))
    #expect(elements[1].mark == YAMLMark(line: 1, column: 7, offset: 19))
  }

  @Test func mutatedFilesNeverCrash() {
    let base = Array(
      "a: &x [1, 'b''c', \"d\\n\\x41\"]\nb: |\n  lit\n   eral\n\nc: >-\n  fol\n  ded\n? k\n: *x\n---\n- {e: f}\n".utf8)
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<5_000 {
      var text = base
      for _ in 0..<1 + next(5) {
        let at = next(text.count)
        switch next(3) {
        case 0: text[at] = UInt8(next(256))
        case 1: text.remove(at: at)
        default: text.insert(Array(" \n\t:-[]{}&*|>'\"\\#".utf8)[next(17)], at: at)
        }
      }
      do throws(YAMLError) {
        for document in try YAMLDocuments.read(text) { visit(document, text) }
      } catch {
        #expect(error.mark.offset <= text.count)
      }
    }
  }

  private func visit(_ node: YAMLNode, _ text: [UInt8]) {
    #expect(node.mark.offset <= text.count)
    for run in node.sourceRuns(in: text) { #expect(run.offset <= text.count) }
    for element in node.elements ?? [] { visit(element, text) }
    for entry in node.entries ?? [] {
      visit(entry.key, text)
      visit(entry.value, text)
    }
  }
}
