import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

@Suite struct TransformerTests {
  private func field(_ name: String) -> FieldExpression {
    guard let field = try? FieldCatalogue.resolve(name).get() else { preconditionFailure(name) }
    return .field(field)
  }
  private func text(_ text: String) -> FieldExpression { .constant(Array(text.utf8)) }
  private func call(
    _ transformer: Transformer, _ arguments: [FieldExpression], selector: Character? = nil
  ) -> FieldExpression { .call(transformer, arguments, selector: selector?.asciiValue) }

  /// The text of the expression on cat (200) opening /ETC/Passwd.
  private func evaluate(_ expression: FieldExpression) -> String {
    var scene = Scene.withShellAndCat()
    let record = Event.openat(200, at: 7_000, fd: 3, name: "/ETC/Passwd")
    scene.apply(record)
    var extractor = FieldExtractor([], expressions: [expression])
    extractor.begin()
    guard let view = try? EventView(validating: record.span.bytes) else { preconditionFailure() }
    var text: [UInt8] = []
    extractor.render(0, view, scene.state, into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func error(_ expression: FieldExpression) -> TransformerError? {
    do throws(TransformerError) {
      _ = try expression.checkedType()
      return nil
    } catch { return error }
  }

  @Test func lettersChangeTheirCase() {
    #expect(evaluate(call(.tolower, [field("fd.name")])) == "/etc/passwd")
    #expect(evaluate(call(.toupper, [field("proc.name")])) == "CAT")
    #expect(evaluate(call(.toupper, [field("fd.types")])) == "(FILE)")
  }

  @Test func theLastComponentOfAPath() {
    #expect(evaluate(call(.basename, [field("fd.name")])) == "Passwd")
    #expect(evaluate(call(.basename, [text("plain")])) == "plain")
    #expect(evaluate(call(.basename, [text("/a/")])) == "")
  }

  @Test func lengthsOfTextsAndLists() {
    #expect(evaluate(call(.len, [field("proc.name")])) == "3")
    #expect(evaluate(call(.len, [field("fd.types")])) == "1")
    #expect(evaluate(call(.len, [call(.tolower, [field("proc.cmdline")])])) == "18")
  }

  @Test func base64IsDecodedWithAndWithoutPadding() {
    #expect(evaluate(call(.b64, [text("aGVsbG8=")])) == "hello")
    #expect(evaluate(call(.b64, [text("aGVsbG8")])) == "hello")
    #expect(evaluate(call(.b64, [text("")])) == "")
    #expect(evaluate(call(.b64, [text("a")])) == "<NA>")
    #expect(evaluate(call(.b64, [text("a-b_")])) == "<NA>")
  }

  @Test func textsAreJoinedAndConcatenated() {
    #expect(evaluate(call(.join, [text(","), .list([field("proc.name"), field("proc.pid"), text("x")])])) == "cat,200,x")
    #expect(evaluate(call(.concat, [field("proc.name"), text("@"), field("fd.name")])) == "cat@/ETC/Passwd")
    #expect(evaluate(call(.concat, [field("proc.name"), field("proc.vpgid.name")])).hasPrefix("cat"))
  }

  @Test func aMissingArgumentMakesTheValueMissing() {
    #expect(evaluate(call(.concat, [field("proc.name"), field("proc.aname[9]")])) == "<NA>")
    #expect(evaluate(call(.len, [field("proc.aname[9]")])) == "<NA>")
    #expect(evaluate(call(.join, [text(","), .list([field("fd.sport")])])) == "<NA>")
  }

  @Test func optionsAreReadAsGetoptDoes() {
    let arguments: FieldExpression = .list(["-ab", "-ovalue", "--long", "-o", "next", "-z", "file", "-b"].map(text))
    #expect(evaluate(call(.getopt, [arguments, text("abo:")])) == "(a,,b,,o,value,o,next,?,)")
    #expect(evaluate(call(.getopt, [arguments, text("abo:")], selector: "o")) == "next")
    #expect(evaluate(call(.getopt, [arguments, text("abo:")], selector: "a")) == "a")
    #expect(evaluate(call(.getopt, [arguments, text("abo:")], selector: "c")) == "<NA>")
    #expect(evaluate(call(.getopt, [.list(["--", "-a"].map(text)), text("a")])) == "()")
    #expect(evaluate(call(.getopt, [.list([text("-o")]), text("o:")])) == "(o,)")
  }

  @Test func wrongArgumentsAreNamed() {
    #expect(error(call(.tolower, [field("proc.pid")])) == .unsupportedType(.tolower, type: .WH_PT_INT64, isList: false))
    #expect(error(call(.tolower, [field("proc.aname[1]")])) == .notTransformable(field: "proc.aname[1]"))
    #expect(error(call(.join, [text(",")])) == .wrongArgumentCount(.join, found: 1))
    #expect(error(call(.getopt, [field("proc.args"), text("a")])) == .needsList(.getopt, argument: 1))
    #expect(error(call(.len, [field("proc.name")], selector: "a")) == .needlessSelector(.len))
    #expect(error(call(.len, [field("evt.rawarg.res")])) == .notTransformable(field: "evt.rawarg.res"))
    #expect(error(call(.len, [field("fd.types")])) == nil)
  }
}
