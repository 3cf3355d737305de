import FoundationEssentials
import Glibc
import Testing

/// Cases that share one running Windhover, read from a file of `cases/`.
struct CaseGroup: Decodable, Sendable, CustomTestStringConvertible {
  var name: String
  /// `default` for the rules that Windhover ships, else files of `rules/`, in loading order.
  var rules: [String]
  /// Configuration keys beyond those that every group sets.
  var options: [String: String]?
  /// Whether the cases also say something about a rule file that is not ours.
  var alsoWithUserRules: Bool?
  var cases: [Case]

  var testDescription: String { name }
}

/// One action and the alerts it must raise; alerts of other rules are failures.
struct Case: Decodable, Sendable {
  var name: String
  /// The name that the action program's copy gets; `actions` if absent.
  var program: String?
  /// Files made in the case's directory beforehand, by name and content.
  var files: [String: String]?
  var run: [String]
  /// The exit code the action must end with; 0 if absent.
  var exit: Int32?
  /// Left out when rules that are not ours are tried, because ours claim to see more here.
  var ownRulesOnly: Bool?
  var expect: [ExpectedAlert]?
}

/// A start that must fail, with what the message must say.
struct FailureCase: Decodable, Sendable, CustomTestStringConvertible {
  var name: String
  var files: [String: String]?
  var run: [String]
  var exit: Int32
  /// Texts that standard error must contain; `a|b` asks for either.
  var stderr: [String]
  /// Whether the case gets as far as opening a driver, and so needs a host that has one.
  var needsCapture: Bool?

  var testDescription: String { name }
}

/// What an alert must look like. Texts are shell patterns, so `*` stands for anything.
struct ExpectedAlert: Decodable, Sendable {
  var rule: String
  /// How many there must be; at least one if absent.
  var count: Int?
  var priority: String?
  var source: String?
  var tags: [String]?
  var output: String?
  var fields: [String: JSONValue]?
}

/// One line of Windhover's standard output.
struct Alert: Decodable, Sendable {
  var rule: String
  var priority: String
  var source: String
  /// None in alerts of Windhover itself.
  var tags: [String]?
  var output: String
  var hostname: String
  var time: String
  var output_fields: [String: JSONValue]

  func mentions(_ marker: String) -> Bool {
    output.contains(marker)
      || output_fields.values.contains { if case .text(let text) = $0 { text.contains(marker) } else { false } }
  }
}

enum JSONValue: Decodable, Sendable, Equatable, CustomStringConvertible {
  case null
  case flag(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case list([JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let integer = try? container.decode(Int64.self) {
      self = .integer(integer)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .list(try container.decode([JSONValue].self))
    }
  }

  var description: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .text(let text): text
    case .list(let values): "\(values)"
    }
  }
}

func matches(_ text: String, pattern: String) -> Bool {
  fnmatch(pattern, text, 0) == 0
}
