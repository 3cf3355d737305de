import Outputs
import Testing

@Suite struct AlertTests {
  private func alert() -> Alert {
    Alert(
      timestamp: 1_700_000_000_000_000_042, rule: "Read \"secret\"", priority: "Warning", source: "syscall",
      hostname: "h1", message: Array("line\tone".utf8), fields: Array(#"{"fd.num":3}"#.utf8), tags: ["b", "A", "a"])
  }

  private func line(_ alert: Alert, _ style: AlertStyle) -> String {
    var line: [UInt8] = []
    style.append(alert, into: &line)
    return String(decoding: line, as: UTF8.self)
  }

  @Test func aTextLineHasTimePriorityAndMessage() {
    var style = AlertStyle()
    style.usesISOTime = true
    #expect(line(alert(), style) == "2023-11-14T22:13:20.000000042+0000: Warning line\\tone\n")
  }

  @Test func aJSONLineHasItsKeysInByteOrder() {
    var style = AlertStyle()
    style.json = true
    style.usesISOTime = true
    #expect(
      line(alert(), style)
        == #"{"hostname":"h1","output":"2023-11-14T22:13:20.000000042+0000: Warning line\tone","output_fields":{"fd.num":3},"priority":"Warning","rule":"Read \"secret\"","source":"syscall","tags":["A","a","b"],"time":"2023-11-14T22:13:20.000000042Z"}"#
          + "\n")
  }

  @Test func switchesLeaveKeysOut() {
    var style = AlertStyle()
    style.json = true
    style.includesOutput = false
    style.includesFields = false
    style.includesTags = false
    style.includesMessage = true
    #expect(
      line(alert(), style)
        == #"{"hostname":"h1","message":"line\tone","priority":"Warning","rule":"Read \"secret\"","source":"syscall","time":"2023-11-14T22:13:20.000000042Z"}"#
          + "\n")
  }

  @Test func internalAlertsHaveNoTagsAndOthersAnEmptyList() {
    var style = AlertStyle()
    style.json = true
    style.includesOutput = false
    var alert = alert()
    alert.tags = []
    #expect(line(alert, style).contains(#""tags":[]"#))
    alert.tags = nil
    #expect(!line(alert, style).contains("tags"))
  }
}
