/// One input for each code that loading can report, with the place where it must be shown.
///
/// The place is the `§` in the text, which is taken out before the file is written: line, column, offset and snippet are
/// counted from there.
struct DiagnosticCase: Sendable, CustomStringConvertible {
  var code: String
  var text: String
  /// A part of the message.
  var message: String
  /// The types of the items on the way from the file to the place.
  var way: [String]

  init(_ code: String, _ text: String, _ message: String, _ way: [String]) {
    self.code = code
    self.text = text
    self.message = message
    self.way = way
  }

  var description: String { "\(code): \(message)" }
  var isError: Bool { code.hasPrefix("LOAD_ERR_") }
  var file: String { text.replacing("§", with: "") }

  /// Counted from 0; the column in characters, the offset in bytes.
  var place: (line: Int, column: Int, offset: Int) {
    let before = text.prefix { $0 != "§" }
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.count - 1, lines.last?.unicodeScalars.count ?? 0, before.utf8.count)
  }

  /// Tabs are blanks, so that the caret stands below its character.
  var snippet: String {
    let line = file.replacing("\t", with: " ").split(separator: "\n", omittingEmptySubsequences: false)[place.line]
    return "\(line)\n" + String(repeating: " ", count: place.column) + "^\n"
  }

  private static let keys = "  desc: d\n  output: o\n  priority: INFO\n"
  private static let head = "- rule: r\n" + keys
  private static let rule = head + "  condition: evt.type = open\n"
  private static let file = ["rules content"]
  private static let item = ["rules content", "rules content item"]
  private static let inRule = item + ["rule"]
  private static let inCondition = inRule + ["rule condition", "condition expression"]

  static let all: [DiagnosticCase] = [
    DiagnosticCase("LOAD_ERR_YAML_PARSE", "- rule: r\n  desc: [a, b\n  output§: o\n", "did not find expected ',' or ']'", file),
    DiagnosticCase("LOAD_ERR_YAML_PARSE", "- rule: r\n§\tdesc: d\n", "use blanks", file),
    DiagnosticCase(
      "LOAD_ERR_YAML_VALIDATE", "- rule: r\n  desc: ä\n  output: o\n  priority: §WARNIG\n  condition: evt.type = open\n",
      "did you mean 'Warning'?", inRule + ["rule priority"]),
    DiagnosticCase(
      "LOAD_ERR_COMPILE_CONDITION", head + "  condition: >\n    evt.type = open\n    and §proc.nmae = x\n",
      "did you mean proc.name?", inCondition),
    DiagnosticCase(
      "LOAD_ERR_COMPILE_CONDITION", head + "  condition: evt.type = open and fd.num = §x\n", "x", inCondition),
    DiagnosticCase(
      "LOAD_ERR_COMPILE_OUTPUT",
      "- rule: r\n  desc: d\n  output: \"ö opened by §%proc.nmae\"\n  priority: INFO\n  condition: evt.type = open\n",
      "did you mean proc.name?", inRule + ["rule output", "rule output expression"]),
    DiagnosticCase(
      "LOAD_ERR_VALIDATE",
      "- macro: spawned\n  condition: evt.type = execve\n" + head + "  condition: §spawnd and proc.name = x\n",
      "did you mean 'spawned'?", inCondition),
    DiagnosticCase("LOAD_UNKNOWN_SOURCE", "- §rule: r\n" + keys + "  condition: evt.type = open\n  source: sycall\n",
      "did you mean 'syscall'?", inRule),
    // Only fields of audit logs are meant, which no source here has; so there is an error beside the warning.
    DiagnosticCase(
      "LOAD_UNSAFE_NA_CHECK", head + "  condition: evt.type = open and §ka.verb in (get, \"<NA>\")\n", "not FIELD exists",
      inCondition),
    DiagnosticCase(
      "LOAD_UNSAFE_NA_CHECK", head + "  condition: evt.type = open and §jevt.value[/a] != <NA>\n", "not FIELD exists",
      inCondition),
    DiagnosticCase(
      "LOAD_NO_EVTTYPE", "- §rule: r\n" + keys + "  condition: proc.name = x\n", "restrict it", inRule),
    DiagnosticCase(
      "LOAD_UNKNOWN_FILTER", head + "  condition: evt.type = open and §proc.nmae = x\n  skip-if-unknown-filter: true\n",
      "did you mean proc.name?", inCondition),
    DiagnosticCase(
      "LOAD_UNUSED_MACRO", "- §macro: m\n  condition: evt.type = open\n" + rule, "'m'", item + ["macro"]),
    DiagnosticCase("LOAD_UNUSED_LIST", "- §list: l\n  items: [a]\n" + rule, "'l'", item + ["list"]),
    DiagnosticCase("LOAD_UNKNOWN_ITEM", "- §rulle: r\n  desc: d\n" + rule, "did you mean 'rule'?", item),
    DiagnosticCase(
      "LOAD_DEPRECATED_ITEM", head + "  condition: evt.type = open and §evt.dir = <\n", "leave it out", inCondition),
    DiagnosticCase(
      "LOAD_DEPRECATED_ITEM", rule + "- §rule: r\n  condition: and proc.name = x\n  append: true\n", "override", inRule),
    DiagnosticCase(
      "LOAD_APPEND_NO_VALUES",
      rule + "  exceptions:\n  - name: e\n    fields: [proc.name]\n    values: [[x]]\n"
        + "- rule: r\n  exceptions:\n  - §name: e\n  override: {exceptions: append}\n",
      "no 'values'", inRule + ["exceptions", "exception"]),
    DiagnosticCase(
      "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
      rule + "  exceptions:\n  - name: e\n    fields: [proc.name]\n    values: [[x]]\n"
        + "  - §name: e\n    fields: [proc.name]\n    values: [[y]]\n",
      "'e'", inRule + ["exceptions", "exception"]),
    DiagnosticCase(
      "LOAD_INVALID_MACRO_NAME", "- §macro: my-macro\n  condition: evt.type = open\n" + rule, "letters, digits or '_'",
      item + ["macro"]),
    DiagnosticCase(
      "LOAD_INVALID_LIST_NAME", "- §list: my list\n  items: [a]\n" + rule, "not allowed", item + ["list"]),
    DiagnosticCase(
      "LOAD_COMPILE_CONDITION", head + "  condition: evt.type = open and proc.name = §proc.pname\n", "val(proc.pname)",
      inCondition),
    DiagnosticCase(
      "LOAD_COMPILE_CONDITION", head + "  condition: evt.type = open and fd.name regex §\"/etc/.*\"\n", "startswith /etc/",
      inCondition),
    DiagnosticCase(
      "LOAD_UNKNOWN_KEY", rule + "  §warn_evttype: false\n", "did you mean 'warn_evttypes'?", inRule + ["value for"]),
  ]

  /// The fixed texts beside the codes.
  static let descriptions = [
    "LOAD_ERR_FILE_READ": "File read error",
    "LOAD_ERR_YAML_PARSE": "YAML parse error",
    "LOAD_ERR_YAML_VALIDATE": "Error validating internal structure of YAML file",
    "LOAD_ERR_COMPILE_CONDITION": "Error compiling condition",
    "LOAD_ERR_COMPILE_OUTPUT": "Error compiling output",
    "LOAD_ERR_VALIDATE": "Error validating rule/macro/list/exception objects",
    "LOAD_UNKNOWN_SOURCE": "Unknown event source",
    "LOAD_UNSAFE_NA_CHECK": "Unsafe <NA> comparison in condition",
    "LOAD_NO_EVTTYPE": "Condition has no event-type restriction",
    "LOAD_UNKNOWN_FILTER": "Unknown field or event-type in condition or output",
    "LOAD_UNUSED_MACRO": "Unused macro",
    "LOAD_UNUSED_LIST": "Unused list",
    "LOAD_UNKNOWN_ITEM": "Unknown rules file item",
    "LOAD_DEPRECATED_ITEM": "Used deprecated item",
    "LOAD_APPEND_NO_VALUES": "Overriding/appending with no values",
    "LOAD_EXCEPTION_NAME_NOT_UNIQUE": "Multiple exceptions defined with the same name",
    "LOAD_INVALID_MACRO_NAME": "Invalid macro name",
    "LOAD_INVALID_LIST_NAME": "Invalid list name",
    "LOAD_COMPILE_CONDITION": "Warning in rule condition",
    "LOAD_UNKNOWN_KEY": "Unknown key in item definition",
  ]
}
