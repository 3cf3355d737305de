import Capture
import EventSchema

/// The documented differences: what a driver cannot know, or cannot see.
///
/// One per line: driver, event, parameter, reason. The parameter `-` stands for a record that the driver does not make,
/// `+` for one that only it makes, `+?` for one that it makes at times.
struct Differences {
  struct Row: Hashable {
    let driver: String
    let event: String
    let parameter: String
  }

  private(set) var rows: [Row] = []

  init(reading path: String) throws {
    for text in try fileLines(path) where !text.hasPrefix("#") {
      let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count >= 4 else { throw Failure("\(path): \(text): needs driver, event, parameter and a reason") }
      let row = Row(driver: String(words[0]), event: String(words[1]), parameter: String(words[2]))
      guard DriverKind(rawValue: row.driver) != nil else { throw Failure("\(path): no driver \(row.driver)") }
      guard let event = Schema.events.first(where: { $0.symbol == row.event }) else {
        throw Failure("\(path): no event \(row.event)")
      }
      guard ["-", "+", "+?"].contains(row.parameter) || event.parameters.contains(where: { $0.name == row.parameter })
      else { throw Failure("\(path): \(row.event) has no parameter \(row.parameter)") }
      rows.append(row)
    }
  }

  func of(_ kind: DriverKind) -> [Row] { rows.filter { $0.driver == kind.rawValue } }
}
