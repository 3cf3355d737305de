import JSONText
import Testing

@Suite struct JSONTextTests {
  private func escaped(_ bytes: [UInt8]) -> [UInt8] {
    var json = JSONWriter()
    json.string(bytes)
    return Array(json.bytes.dropFirst().dropLast())
  }
  private func escaped(_ text: String) -> String { String(decoding: escaped(Array(text.utf8)), as: UTF8.self) }

  @Test func controlCharactersQuotesAndBackslashesAreEscaped() {
    #expect(escaped("a\"b\\c") == #"a\"b\\c"#)
    #expect(escaped("\n\r\t\u{8}\u{c}") == #"\n\r\t\b\f"#)
    #expect(escaped("\u{0}\u{1f}\u{7f}") == "\\u0000\\u001f\u{7f}")
    #expect(escaped("/ é 世 😀") == "/ é 世 😀")
  }

  @Test func bytesThatAreNoCharacterAreReplaced() {
    let mark: [UInt8] = [0xef, 0xbf, 0xbd]
    #expect(escaped([0x61, 0xff, 0x62]) == [0x61] + mark + [0x62])
    #expect(escaped([0xc3]) == mark, "cut off")
    #expect(escaped([0xe4, 0xb8, 0x61]) == mark + [0x61], "cut off inside: one mark for what belongs together")
    #expect(escaped([0xc0, 0xaf]) == mark + mark, "an overlong slash")
    #expect(escaped([0xed, 0xa0, 0x80]) == mark + mark + mark, "a surrogate")
    #expect(escaped([0xf4, 0x90, 0x80, 0x80]) == mark + mark + mark + mark, "beyond the last character")
    #expect(escaped([0xf0, 0x9f, 0x98]) == mark)
  }

  @Test func valuesNestWithCommasWhereTheyBelong() {
    var json = JSONWriter()
    json.beginObject()
    json.key("a")
    json.beginArray()
    json.number(UInt64.max)
    json.number(Int64.min)
    json.null()
    json.beginObject()
    json.endObject()
    json.endArray()
    json.key("b")
    json.boolean(true)
    json.key("c")
    json.number(0.5)
    json.key("d")
    json.raw(Array("{}".utf8))
    json.endObject()
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"a":[18446744073709551615,-9223372036854775808,null,{}],"b":true,"c":0.5,"d":{}}"#)
  }
}
