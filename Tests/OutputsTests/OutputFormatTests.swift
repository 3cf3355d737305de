import CaptureTesting
import EventSchema
import Fields
import JSONText
import Outputs
import SystemState
import Testing

@Suite struct OutputFormatTests {
  /// The text and the fields of a format on `cat` (200) opening /etc/passwd at second 1 700 000 000.
  private func render(
    _ text: String, extra: [ExtraField] = [], usesISOTime: Bool = false
  ) throws -> (text: String, fields: String) {
    var state = SystemState()
    let exec = Event.execve(200, at: 1, exe: "cat", arguments: ["/etc/passwd"], ptid: 0, comm: "cat")
    let record = Event.openat(200, at: 1_700_000_000_000_000_000, fd: 3, name: "/etc/passwd", flags: 1)
    let before = try EventView(validating: exec.span.bytes)
    state.apply(before)
    let event = try EventView(validating: record.span.bytes)
    state.apply(event)
    let format = try OutputFormat(text, extra: extra, usesISOTime: usesISOTime)
    var extractor = FieldExtractor(format.fields, expressions: format.expressions)
    extractor.begin()
    var rendered: [UInt8] = []
    format.render(&extractor, event, state, into: &rendered)
    var json = JSONWriter()
    format.writeFields(&extractor, event, state, into: &json)
    return (String(decoding: rendered, as: UTF8.self), String(decoding: json.bytes, as: UTF8.self))
  }

  private func problem(_ text: String) -> OutputFormatError? {
    do throws(OutputFormatError) {
      _ = try OutputFormat(text)
      return nil
    } catch { return error }
  }

  @Test func fieldsStandWhereThePercentSignsAre() throws {
    #expect(try render("File %fd.name opened by %proc.name (%evt.arg.flags)").text == "File /etc/passwd opened by cat (O_RDONLY)")
    #expect(try render("*%proc.pname %fd.sip").text == "<NA> <NA>")
    #expect(try render("%evt.type%proc.name").text == "openatcat")
    #expect(try render("%proc.pid.").text == "200.")
    #expect(try render("%proc.aname[0],%proc.args[0]").text == "cat,/etc/passwd")
    #expect(try render("%proc.name[x]").text == "cat[x]")
    #expect(try render("").text == "")
  }

  @Test func transformersStandInOutputsToo() throws {
    #expect(try render("%toupper(proc.name)!").text == "CAT!")
    #expect(try render("%5basename(fd.name)|%len(proc.name)").text == "passw|3")
    #expect(try render("%join(\"-\", (proc.name, fd.num)) %concat(proc.name, 'x')").text == "cat-3 catx")
    #expect(try render("%toupper(proc.pname)").text == "<NA>")
    // The transformers have no entry of their own, the fields in them do.
    #expect(try render("%toupper(proc.name)").fields == #"{"evt.time":1700000000000000000,"proc.name":"cat"}"#)
    let extra = ExtraField(key: "loud", try OutputFormat("%toupper(proc.name) %tolower(fd.name)"))
    #expect(
      try render("%len(fd.name)", extra: [extra]).fields
        == #"{"evt.time":1700000000000000000,"fd.name":"/etc/passwd","loud":"CAT /etc/passwd"}"#)
    #expect(problem("%toupper(fd.num)")?.message == "toupper does not work on type number")
    #expect(problem("a %toupper(fd.nmae)")?.offset == 2)
    #expect(problem("%toupper(proc.name")?.message == "expected ')'")
  }

  @Test func aWidthCutsAndFills() throws {
    #expect(try render("[%10proc.name][%4fd.name]").text == "[cat       ][/etc]")
    #expect(try render("%10proc.name").fields.contains(#""proc.name":"cat""#))
  }

  @Test func outputFieldsAreSortedAndTyped() throws {
    let fields = try render("%user.uid %proc.name %proc.pname %evt.is_open_read %fd.num %evt.arg[1] %user.loginuid").fields
    #expect(
      fields
        == #"{"evt.arg[1]":"AT_FDCWD","evt.is_open_read":true,"evt.time":1700000000000000000,"fd.num":3,"proc.name":"cat","proc.pname":null,"user.loginuid":-1,"user.uid":0}"#)
  }

  @Test func theTimeOfTheEventIsAlwaysAmongTheFields() throws {
    #expect(try render("x").fields == #"{"evt.time":1700000000000000000}"#)
    #expect(try render("x", usesISOTime: true).fields == #"{"evt.time.iso8601":1700000000000000000}"#)
    #expect(try render("%evt.time").fields == #"{"evt.time":1700000000000000000}"#)
  }

  @Test func extraFieldsAreInTheFieldsOnly() throws {
    let pid = try FieldCatalogue.resolve("proc.pid").get()
    let rendered = try render(
      "x", extra: [ExtraField(pid), ExtraField(key: "who", OutputFormat("%proc.name/%proc.pid"))])
    #expect(rendered.text == "x")
    #expect(rendered.fields == #"{"evt.time":1700000000000000000,"proc.pid":200,"who":"cat/200"}"#)
  }

  @Test func mistakesPointAtThePercentSign() {
    #expect(problem("100% sure") == OutputFormatError(offset: 3, problem: .noField))
    #expect(problem("%%") == OutputFormatError(offset: 0, problem: .noField))
    #expect(problem("end %") == OutputFormatError(offset: 4, problem: .noField))
    #expect(problem("*a %proc.nme")?.offset == 3)
    #expect(problem("%proc.nme")?.isUnknownField == true)
    #expect(problem("%evt.arg x")?.problem == .field(.missingArgument(field: "evt.arg", example: "evt.arg.flags")))
  }
}
