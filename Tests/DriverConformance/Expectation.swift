import EventSchema
import Testing

/// What a parameter has to hold.
enum Expected: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// A number of the width that the schema gives the parameter; compared with its low bits.
  case number(Int64)
  /// A text with its NUL.
  case text(String)
  case bytes([UInt8])
  /// No value at all: zero bytes.
  case empty
  /// A value that the call itself does not tell exactly; the reason why the check is enough belongs beside its use.
  case satisfying((Int64) -> Bool)
  case bytesSatisfying(([UInt8]) -> Bool)

  init(integerLiteral value: Int64) { self = .number(value) }
  init(stringLiteral value: String) { self = .text(value) }
}

/// Event types that some test has compared in full. The suite runs one test after the other.
enum Compared {
  nonisolated(unsafe) static var types: Set<EventType> = []
}

extension RecordedEvent {
  /// Compares every parameter. The names have to be the schema's, all of them and in its order.
  func expect(_ expected: KeyValuePairs<String, Expected>, sourceLocation: SourceLocation = #_sourceLocation) {
    Compared.types.insert(type)
    let schema = Schema.event(type)!.parameters
    #expect(expected.map(\.key) == schema.map(\.name), sourceLocation: sourceLocation)
    #expect(parameters.count == schema.count, sourceLocation: sourceLocation)
    for (index, (name, value)) in expected.enumerated() where index < parameters.count {
      let bytes = parameters[index]
      let width = schema[index].byteCount
      switch value {
      case .number(let number):
        let wanted = (0..<max(width, 1)).map { UInt8(truncatingIfNeeded: number >> Int64(8 * $0)) }
        #expect(bytes == wanted, "\(name) of \(self), expected \(number)", sourceLocation: sourceLocation)
      case .text(let text):
        #expect(bytes == Array(text.utf8) + [0], "\(name) of \(self), expected \(text)", sourceLocation: sourceLocation)
      case .bytes(let wanted): #expect(bytes == wanted, "\(name) of \(self)", sourceLocation: sourceLocation)
      case .empty: #expect(bytes.isEmpty, "\(name) of \(self)", sourceLocation: sourceLocation)
      case .satisfying(let check):
        #expect(self[name].map(check) == true, "\(name) of \(self)", sourceLocation: sourceLocation)
      case .bytesSatisfying(let check): #expect(check(bytes), "\(name) of \(self)", sourceLocation: sourceLocation)
      }
    }
  }
}

extension Array where Element == UInt8 {
  /// The bytes of integers as they lie on the wire.
  static func wire(_ values: any FixedWidthInteger...) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
      (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    return values.flatMap { bytes($0) }
  }
}
