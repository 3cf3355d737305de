public import EventSchema
public import Fields

/// All rules of one source, compiled: flat arrays of tests with two jump targets each, indexed by event type.
///
/// A rule's condition is specialised for each event type that it can match: tests of the type itself are decided at
/// compile time, and what remains is a chain of nodes. A node runs one test and goes to the next node, or to
/// ``Node/matches`` or ``Node/fails``.
public struct RuleProgram: Sendable {
  public struct Node: BitwiseCopyable, Sendable, Hashable {
    public var test: UInt32
    public var onTrue: Int32
    public var onFalse: Int32
    public init(test: Int, onTrue: Int32, onFalse: Int32) {
      self.test = UInt32(test)
      self.onTrue = onTrue
      self.onFalse = onFalse
    }
    public static let matches: Int32 = -1
    public static let fails: Int32 = -2
  }

  /// One rule, as one event type sees it.
  public struct Entry: BitwiseCopyable, Sendable, Hashable {
    /// The rule's index in load order.
    public var rule: UInt32
    /// Its first node; ``Node/matches`` for a rule that the type alone decides.
    public var start: Int32
    public init(rule: Int, start: Int32) {
      self.rule = UInt32(rule)
      self.start = start
    }
  }

  /// The fields that tests read, on their own or inside ``expressions``.
  public let fields: [ResolvedField]
  /// Transformed values that tests read; the first has the index behind the last field.
  public let expressions: [FieldExpression]
  public let tests: [Test]
  public let nodes: [Node]
  public let constants: Constants
  let literals: LiteralTables
  /// First literal table of a field by the field's or expression's index; -1 for none.
  let literalTableOfField: [Int32]
  let entries: [Entry]
  /// `entries[firstEntry[type]..<firstEntry[type + 1]]` are the rules of an event type.
  let firstEntry: [UInt32]
  /// The same rules, as they are evaluated.
  let steps: RuleSteps
  /// Event types that some rule looks at.
  public let eventTypes: EventTypeSet
  /// Calls without an event of their own that some rule looks at.
  public let genericCalls: SyscallSet

  /// What the builder of a program adds to the number of an expression, because it cannot know yet how many fields will
  /// come before the expressions.
  public static let firstExpression = 1 << 31

  /// - Parameters:
  ///   - expressions: Tests name the first as ``firstExpression``, the second as one more, and so on.
  ///   - memberSets: For each field, the texts of its ``Test/Operation/member`` tests in the order of their bits.
  ///   - entriesByType: The rules of each event type in load order, by event code.
  public init(
    fields: [ResolvedField], expressions: [FieldExpression] = [], tests: [Test], nodes: [Node], constants: Constants, memberSets: [Int: [[[UInt8]]]],
    entriesByType: [UInt16: [Entry]], genericCalls: SyscallSet
  ) {
    self.fields = fields
    self.expressions = expressions
    func final(_ number: UInt32) -> UInt32 {
      number < UInt32(RuleProgram.firstExpression)
        ? number : number - UInt32(RuleProgram.firstExpression) + UInt32(fields.count)
    }
    self.tests = tests.map { test in
      var test = test
      test.renumber(final)
      return test
    }
    self.nodes = nodes
    self.constants = constants.renumbering(final)
    var tables: [[[[UInt8]]]] = []
    var tableOfField = [Int32](repeating: -1, count: fields.count + expressions.count)
    for (field, sets) in memberSets.sorted(by: { $0.key < $1.key }) {
      tableOfField[Int(final(UInt32(field)))] = Int32(tables.count)
      for start in stride(from: 0, to: sets.count, by: LiteralTables.setsPerTable) {
        tables.append(Array(sets[start..<min(start + LiteralTables.setsPerTable, sets.count)]))
      }
    }
    literals = LiteralTables(tables)
    literalTableOfField = tableOfField
    var entries: [Entry] = []
    var first: [UInt32] = []
    var types = EventTypeSet()
    for code in 0..<UInt16(EventTypeSet.capacity) {
      first.append(UInt32(entries.count))
      if let ours = entriesByType[code], !ours.isEmpty {
        entries += ours
        types.insert(EventType(rawValue: code)!)
      }
    }
    first.append(UInt32(entries.count))
    self.entries = entries
    firstEntry = first
    steps = RuleSteps(
      first.indices.dropLast().map { entries[Int(first[$0])..<Int(first[$0 + 1])] }, nodes: nodes, tests: tests.count)
    eventTypes = types
    self.genericCalls = genericCalls
  }
}
