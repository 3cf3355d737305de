import EventSchema
import Testing

extension Conformance {
  /// Runs last, because tests run in the order of their files' names: nothing of the schema may be left out.
  @Suite struct WholeSchemaTests {
    /// Parsed calls that the architecture or the running kernel cannot make any more, with the reason.
    private static let unreachable: [EventType: String] = [:]

    @Test func everyExitEventIsComparedInFullBySomeTest() {
      let exits = Schema.events.filter { $0.direction == .WH_DIRECTION_EXIT && $0.isMadeByDrivers }
      #expect(exits.count == 163)
      let left = exits.filter { !Compared.types.contains($0.type) && Self.unreachable[$0.type] == nil }
      #expect(left.isEmpty, "no test of this run compared \(left.map(\.symbol)); run the whole suite DriverConformance")
      for (type, reason) in Self.unreachable { #expect(!Compared.types.contains(type), "reached after all: \(reason)") }
    }
  }
}

extension EventInfo {
  /// Not a mark in the stream, nor made by a plugin or in userland.
  var isMadeByDrivers: Bool { category != .WH_CATEGORY_INTERNAL && type != .drop }
}
