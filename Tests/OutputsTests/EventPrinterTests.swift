import CaptureTesting
import EventSchema
import Outputs
import SystemState
import Testing

@Suite struct EventPrinterTests {
  private func lines(_ record: [UInt8]) throws -> (text: String, json: String) {
    var state = SystemState()
    let start = Event.execve(200, at: 1, exe: "cat", ptid: 0, comm: "cat")
    let before = try EventView(validating: start.span.bytes)
    state.apply(before)
    let event = try EventView(validating: record.span.bytes, cpu: 2)
    state.apply(event)
    var printer = EventPrinter()
    var text: [UInt8] = []
    var json: [UInt8] = []
    printer.appendText(event, state, into: &text)
    printer.appendJSON(event, state, into: &json)
    return (String(decoding: text, as: UTF8.self), String(decoding: json, as: UTF8.self))
  }

  @Test func anEventIsOneLineOfTextWithEachParameter() throws {
    let line = try lines(Event.openat(200, at: 5, fd: 3, name: "/etc/passwd", flags: 4097, device: 0xfe00, inode: 7)).text
    #expect(
      line.hasSuffix(
        "2 cat (200) < openat fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=/etc/passwd "
          + "flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=FE00 ino=7\n"))
  }

  @Test func aLineBreakInAParameterDoesNotBreakTheLine() throws {
    let line = try lines(Event.openat(200, at: 5, fd: -2, name: "/a\nb")).text
    #expect(line.contains("name=/a.b "))
    #expect(line.filter { $0 == "\n" }.count == 1)
  }

  @Test func anEventIsOneJSONObjectWithTypedParameters() throws {
    let line = try lines(Event.openat(200, at: 5, fd: 3, name: "/etc/passwd", flags: 4097, device: 1, inode: 7)).json
    #expect(
      line
        == #"{"ts":5,"cpu":2,"pid":200,"tid":200,"type":"openat","params":{"fd":3,"dirfd":-100,"name":"/etc/passwd","flags":"O_RDONLY|O_CLOEXEC","mode":0,"dev":1,"ino":7}}"#
          + "\n")
  }

  @Test func emptyParametersAreNull() throws {
    let record = Event.make(.unlink, 200, at: 5) {
      $0.append(Int64(-14))
      $0.appendEmpty()
    }
    #expect(try lines(record).json.hasSuffix(#""params":{"res":-14,"path":null}}"# + "\n"))
  }
}
