import FilterLanguage
import Fields
import Glibc
import Outputs
import RuleCompiler
import SystemState
import EventSchema
import Testing

/// The language by tables: files of one case a line beside this one. A case that fails names its line.
///
/// Columns are separated by tabs; `#` begins a comment line. In a case `<TAB>`, `<LF>`, `<CR>` and `<BS>` stand for these
/// bytes, and `<N*TEXT>` for N times TEXT.
@Suite struct ConformanceTests {
  /// accept, condition, its canonical text; or refuse, condition, part of the message.
  @Test func grammar() throws {
    for line in try Case.lines(of: "grammar") {
      let outcome: String
      do throws(SyntaxError) {
        outcome = "accept " + (try Expression(parsing: Array(line[1].utf8))).canonicalText
      } catch { outcome = "refuse " + error.message }
      switch line[0] {
      case "accept": line.expect(outcome == "accept " + line[2], outcome)
      default: line.expect(outcome.hasPrefix("refuse ") && outcome.contains(line[2]), outcome)
      }
    }
  }

  /// accept, condition; or refuse, condition, part of the message.
  @Test func typing() throws {
    for line in try Case.lines(of: "typing") {
      let problem = refusal(line[1])
      switch line[0] {
      case "accept": line.expect(problem == nil, problem ?? "")
      default: line.expect(problem?.contains(line[2]) == true, problem ?? "accepted")
      }
    }
  }

  /// Event, condition, whether it holds.
  @Test func evaluation() throws {
    for line in try Case.lines(of: "evaluation") {
      guard let event = Sample.named(line[0]) else { line.expect(false, "there is no event \(line[0])"); continue }
      if let problem = refusal(line[1]) { line.expect(false, problem); continue }
      let isTrue = holds(line[1], on: event)
      line.expect(line[2] == "\(isTrue)", "\(isTrue)")
    }
  }

  /// Event, output, its text; or refuse, output, part of the message.
  @Test func output() throws {
    for line in try Case.lines(of: "output") {
      let format: OutputFormat
      do throws(OutputFormatError) { format = try OutputFormat(line[1]) } catch {
        line.expect(line[0] == "refuse" && error.message.contains(line[2]), error.message)
        continue
      }
      guard let event = Sample.named(line[0]) else { line.expect(false, "accepted, or there is no such event"); continue }
      let text = render(format, on: event)
      line.expect(text == line[2], text)
    }
  }

  /// A rule file as a flow sequence, the codes of its problems in order or `-`, and the canonical condition of the rule
  /// `r` where one is expected.
  @Test func ruleFiles() throws {
    for line in try Case.lines(of: "rules") {
      let compiled = RuleCompiler.load([RuleSource(name: "f", contents: Array(line[0].utf8))]).compiled()
      let codes = compiled.loaded.diagnostics.map(\.code.rawValue).joined(separator: " ")
      line.expect(codes == (line[1] == "-" ? "" : line[1]), codes)
      guard line.count > 2 else { continue }
      let condition = compiled.loaded.rules.first { $0.name == "r" }?.condition.canonicalText ?? "no rule"
      line.expect(condition == line[2], condition)
    }
  }

  private func render(_ format: OutputFormat, on record: [UInt8]) -> String {
    var state = SystemState()
    for event in World.past { state.apply(event) }
    do {
      let event = try EventView(validating: record.span.bytes)
      state.apply(event)
      var extractor = FieldExtractor(format.fields, expressions: format.expressions)
      extractor.begin()
      var text: [UInt8] = []
      format.render(&extractor, event, state, into: &text)
      return String(decoding: text, as: UTF8.self)
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }
}

/// One line of a table.
private struct Case {
  var file: String
  var number: Int
  var columns: [String]

  var count: Int { columns.count }
  subscript(column: Int) -> String { column < columns.count ? columns[column] : "" }

  func expect(_ isMet: Bool, _ found: String) {
    #expect(isMet, "\(file):\(number): \(columns.joined(separator: "  |  ")): found \(found)")
  }

  static func lines(of table: String) throws -> [Case] {
    let path = "\(#filePath)".dropLast("ConformanceTests.swift".count) + "cases/\(table).tsv"
    let lines = try TextFile.read(path).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      if line.isEmpty || line.hasPrefix("#") { return nil }
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map { expanded(String($0)) }
      return Case(file: "\(table).tsv", number: index + 1, columns: columns)
    }
  }

  private static func expanded(_ text: String) -> String {
    guard text.contains("<") else { return text }
    var result = ""
    var rest = text[...]
    while let first = rest.first {
      let names: [(String, String)] = [("<TAB>", "\t"), ("<LF>", "\n"), ("<CR>", "\r"), ("<BS>", "\u{8}")]
      if let (name, byte) = names.first(where: { rest.hasPrefix($0.0) }) {
        result += byte
        rest = rest.dropFirst(name.count)
      } else if first == "<", let star = rest.firstIndex(of: "*"), let count = Int(rest[rest.index(after: rest.startIndex)..<star]),
        let end = rest[star...].firstIndex(of: ">")
      {
        result += String(repeating: String(rest[rest.index(after: star)..<end]), count: count)
        rest = rest[rest.index(after: end)...]
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}

/// A file of the repository that tests read.
enum TextFile {
  struct Missing: Error { var path: String }

  static func read(_ path: some StringProtocol) throws -> String {
    guard let file = fopen(String(path), "r") else { throw Missing(path: String(path)) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}

extension Sample {
  /// The events by the names that the tables use.
  static func named(_ name: String) -> [UInt8]? {
    switch name {
    case "open": open
    case "failedopen": failedOpen
    case "read": read
    case "connect": connect
    case "connect6": connectV6
    case "getpid": getpid
    case "exit": exit
    default: nil
    }
  }
}
