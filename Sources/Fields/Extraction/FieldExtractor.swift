internal import ByteText
public import EventSchema
public import SystemState

/// Looks up what a set of fields has on an event, each at most once.
///
/// A rule program gives the fields that it uses and refers to them by their position from then on. For each event:
/// apply it to the state, ``begin()``, then ask for values. Nothing is allocated once the scratch has grown to what the
/// longest texts need. Belongs to the thread that owns the state.
///
/// The methods that look up are `mutating` also where they change nothing: called from one that does, a borrowing method
/// gets a copy of all the extractor's words.
public struct FieldExtractor: ~Copyable {
  /// What the event path needs of a ``ResolvedField``, as plain data.
  struct Plan: BitwiseCopyable {
    var id: FieldID
    var area: Area
    var shortcut: Shortcut
    var type: ParameterType
    var format: NumberFormat
    /// -1 for none.
    var index: Int32
    var keyStart: Int32
    var keyCount: Int32
    /// Where the field's parameter positions begin; -1 for none.
    var positions: Int32
  }

  /// Which part of the extractor knows a field.
  enum Area: UInt8, BitwiseCopyable {
    case event, result, process, identity, ancestor, user, descriptor, path, container, expression
  }

  /// What most rules ask for on most events: ``extract(_:_:_:)`` answers it itself.
  enum Shortcut: UInt8, BitwiseCopyable {
    case none, failed, isOpenRead, isOpenWrite, name, type, typeCharacter, directory, rawName, realPath, processName

    init(_ field: FieldID) {
      switch field {
      case .evtFailed: self = .failed
      case .evtIsOpenRead: self = .isOpenRead
      case .evtIsOpenWrite: self = .isOpenWrite
      case .fdName: self = .name
      case .fdType: self = .type
      case .fdTypechar: self = .typeCharacter
      case .fdDirectory: self = .directory
      case .fdNameraw: self = .rawName
      case .fdRealpath: self = .realPath
      case .procName: self = .processName
      default: self = .none
      }
    }
  }

  @usableFromInline struct Cell: BitwiseCopyable {
    @usableFromInline var value: FieldValue
    @usableFromInline var generation: UInt32

    @usableFromInline init(value: FieldValue, generation: UInt32) {
      self.value = value
      self.generation = generation
    }
  }

  public let fields: [ResolvedField]
  var plans: PlainBuffer<Plan>
  @usableFromInline var cells: PlainBuffer<Cell>
  @usableFromInline var generation: UInt32 = 1
  /// Constants, then what the event's values needed to be written down.
  @usableFromInline var scratch: [UInt8]
  /// Items of list values.
  var items: [FieldValue] = []
  var keys: [UInt8] = []
  var positions: [Int8] = []
  /// Expressions, flat, and the values that they work on at the moment.
  let nodes: [ExpressionNode]
  let children: [Int32]
  var stack: [FieldValue] = []
  /// Of fields that remember an earlier event, its time or how often they were looked at; of `evt.around`, its time.
  var memory: PlainBuffer<UInt64>
  let constants: Constants
  @usableFromInline let constantBytes: Int
  let tables: EventTables
  /// Whose container and user the next values are about, instead of the event's thread; `nil` for that one. Set it only
  /// for fields with ``ResolvedField/needsContainerMetadata`` or ``ResolvedField/needsDigest``, and call ``begin()`` then.
  public var subject: FieldSubject?
  /// What `evt.source` shows.
  let source: FieldValue

  /// Keeps the type in memory, as in ``SystemState``.
  private let addressOnly: any Sendable = ()

  /// - Parameters:
  ///   - expressions: What else has values: the first at position `fields.count`, and so on. Checked by
  ///     ``FieldExpression/checkedType()`` before.
  ///   - source: The name of the source that the events come from.
  public init(_ fields: [ResolvedField], expressions: [FieldExpression] = [], source: String = "syscall") {
    self.fields = fields
    constants = Constants()
    var planner = ExpressionPlanner(fields, reserved: expressions.count, scratch: constants.bytes)
    let roots = expressions.map { planner.add($0) }
    nodes = planner.nodes
    children = planner.children
    scratch = planner.scratch
    self.source = .scratch(scratch.count, source.utf8.count)
    scratch.append(text: source)
    constantBytes = scratch.count
    scratch.reserveCapacity(constantBytes + 64 << 10)
    items.reserveCapacity(256)
    stack.reserveCapacity(nodes.isEmpty ? 0 : 256)
    tables = EventTables()
    let count = planner.fields.count + expressions.count
    memory = PlainBuffer(repeating: 0, count: count)
    cells = PlainBuffer(repeating: Cell(value: .missing, generation: 0), count: count)
    let nothing = Plan(
      id: .utilCnt, area: .expression, shortcut: .none, type: .WH_PT_NONE, format: .decimal, index: -1, keyStart: 0, keyCount: 0,
      positions: -1)
    plans = PlainBuffer(repeating: nothing, count: count)
    for (position, field) in fields.enumerated() { plans[position] = plan(field) }
    for (position, root) in roots.enumerated() { plans[fields.count + position].index = root }
    // Those that only expressions use come behind the expressions.
    for (position, field) in planner.fields[fields.count...].enumerated() {
      plans[fields.count + roots.count + position] = plan(field)
    }
    // A time in nanoseconds does not fit a plan's index.
    for (position, field) in fields.enumerated() where field.id == .evtAround {
      memory[position] = UInt64(field.index ?? 0)
    }
  }

  private mutating func plan(_ field: ResolvedField) -> Plan {
    let plan = Plan(
      id: field.id, area: Area(field), shortcut: Shortcut(field.id), type: field.type, format: field.info.format,
      index: field.index.map { Int32(clamping: $0) } ?? -1, keyStart: Int32(keys.count),
      keyCount: Int32(field.key.count), positions: field.parameters.isEmpty ? -1 : Int32(positions.count))
    keys.append(contentsOf: field.key)
    positions.append(contentsOf: field.parameters)
    return plan
  }

  /// Forgets the values of the event before.
  @inline(__always)
  public mutating func begin() {
    generation &+= 1
    if generation == 0 { restart() }
    if scratch.count > constantBytes { scratch.removeSubrange(constantBytes...) }
    if !items.isEmpty { items.removeAll(keepingCapacity: true) }
  }

  /// Every four billion events the generations begin anew.
  @inline(never)
  private mutating func restart() {
    for index in 0..<cells.count { cells[index] = Cell(value: .missing, generation: 0) }
    generation = 1
  }

  /// The value of the field at this position on the event that was applied to the state last.
  ///
  /// - Parameter field: The position in the fields that the extractor was made with.
  @inlinable @inline(__always)
  public mutating func value(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    if cells[field].generation == generation { return cells[field].value }
    return extract(field, event, state)
  }

  /// What most rules ask for on most events is here, the rest a call away.
  @usableFromInline mutating func extract(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let value = shortValue(field, event, state)
    cells[field] = Cell(value: value, generation: generation)
    return value
  }

  @inline(__always)
  private mutating func shortValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let shortcut = plans[field].shortcut
    switch shortcut {
    case .none: return extractByArea(field, event, state)
    case .failed:
      guard let result = result(event) else { return .missing }
      return .boolean(result < 0)
    case .isOpenRead: return .boolean(openFlags(event) & UInt32(WH_FLAG_file_flags_O_RDONLY) != 0)
    case .isOpenWrite: return .boolean(openFlags(event) & UInt32(WH_FLAG_file_flags_O_WRONLY) != 0)
    case .processName:
      let thread = state.current.thread
      guard thread != Slot.none, state.threads[thread].pid >= 0 else { return extractByArea(field, event, state) }
      return .pool(state.threads[thread].comm)
    default: break
    }
    // The rest is of the event's descriptor.
    let slot = state.current.descriptor
    guard slot != Slot.none, isAboutDescriptor(event) else { return extractByArea(field, event, state) }
    switch shortcut {
    case .name: return .pool(state.descriptors[slot].name)
    case .type: return constants.kind(state.descriptors[slot].kind)
    case .typeCharacter: return constants.character(state.descriptors[slot].kind)
    case .directory where state.descriptors[slot].kind == .file:
      let name = state.descriptors[slot].name
      let start = Self.lastComponent(state.texts.bytes(name))
      // Of what lies in the root directory, and of a name without any slash, another answer.
      return start > 1 && start < Int(name.length) ? .pool(name, 0..<start &- 1) : extractByArea(field, event, state)
    case .rawName where state.descriptors[slot].rawName == state.descriptors[slot].name:
      // A name as the state holds it has no runs of slashes.
      return .pool(state.descriptors[slot].rawName)
    case .realPath where !state.descriptors[slot].realName.isEmpty: return .pool(state.descriptors[slot].realName)
    default: return extractByArea(field, event, state)
    }
  }

  /// Events that neither make, use nor close a descriptor show none, even if one is in their way.
  @inline(__always)
  mutating func isAboutDescriptor(_ event: borrowing EventView) -> Bool {
    let usesDescriptor: EventFlags = [.createsDescriptor, .usesDescriptor, .destroysDescriptor]
    return !event.type.flags.isDisjoint(with: usesDescriptor)
  }

  /// The areas get the field's position and not its plan: passing that takes more than half of what most fields cost.
  @inline(never)
  private mutating func extractByArea(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    switch plans[field].area {
    case .event: eventValue(field, event, state)
    case .result: resultValue(field, event, state)
    case .process: processValue(field, event, state)
    case .identity: identityValue(field, state)
    case .ancestor: ancestorValue(field, event, state)
    case .user: userValue(field, event, state)
    case .descriptor: descriptorValue(field, event, state)
    case .path: pathValue(field, event, state)
    case .container: containerValue(field, event, state)
    case .expression: evaluate(Int(plans[field].index), event, state)
    }
  }

  /// The bytes of a text. Good until the extractor, the state or the event changes.
  @inlinable @inline(__always) @_lifetime(borrow self, copy event, borrow state)
  public borrowing func bytes(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> RawSpan {
    let range = unsafe Range(uncheckedBounds: (value.offset, value.offset &+ value.count))
    switch value.place {
    case .record: return unsafe _overrideLifetime(event.record.extracting(range), borrowing: self)
    case .pool: return unsafe _overrideLifetime(state.texts.bytes(value.handle).extracting(range), borrowing: self)
    case .scratch: return unsafe _overrideLifetime(scratch.span.bytes.extracting(range), borrowing: self)
    }
  }

  /// Tells values that are among the extractor's constant texts, which never change, from each other; `nil` for others.
  @inlinable @inline(__always)
  public borrowing func constantPosition(of value: FieldValue) -> UInt64? {
    value.place == .scratch && value.offset &+ value.count <= constantBytes ? value.low : nil
  }

  /// An item of a list value.
  public borrowing func item(_ index: Int, of list: FieldValue) -> FieldValue {
    precondition(list.kind == .list && index < list.count, "an item beyond the list")
    return items[Int(list.word) + index]
  }

  // What the areas use to write texts.

  @inline(__always)
  mutating func text(from start: Int, _ kind: FieldValue.Kind = .text) -> FieldValue {
    .scratch(start, scratch.count - start, kind)
  }

  /// Copies the bytes of a value behind what is in the scratch. The source may itself be scratch.
  mutating func append(_ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState) {
    switch value.place {
    case .record: scratch.append(event.record.extracting(value.offset..<value.offset + value.count))
    case .pool:
      scratch.append(state.texts.bytes(value.handle).extracting(value.offset..<value.offset + value.count))
    case .scratch:
      for index in value.offset..<value.offset + value.count { scratch.append(scratch[index]) }
    }
  }

  mutating func append(_ handle: TextHandle, _ state: borrowing SystemState) {
    if !handle.isEmpty { scratch.append(state.texts.bytes(handle)) }
  }

  /// Strings that each end with a NUL, as one text with `separator` between them.
  mutating func join(_ strings: TextHandle, separator: UInt8 = UInt8(ascii: " "), _ state: borrowing SystemState) {
    var count = Int(strings.length)
    guard count > 0 else { return }
    let bytes = state.texts.bytes(strings)
    if PathText.byte(bytes, count - 1) == 0 { count -= 1 }
    let start = scratch.count
    scratch.append(bytes.extracting(0..<count))
    var joined = scratch.mutableSpan
    for index in start..<joined.count where joined[index] == 0 { joined[index] = separator }
  }

  mutating func key(_ plan: Plan) -> Range<Int> { Int(plan.keyStart)..<Int(plan.keyStart) + Int(plan.keyCount) }

  /// Where the field's parameter is in this event; -1 if it has none.
  @inline(__always)
  mutating func position(_ plan: Plan, _ type: EventType) -> Int {
    if plan.positions < 0 { return Int(plan.index) }
    let code = Int(type.rawValue)
    return code < tables.count ? Int(positions[Int(plan.positions) + code]) : -1
  }
}

extension FieldExtractor.Area {
  init(_ field: ResolvedField) {
    switch field.id {
    case .procPname, .procPexe, .procPexepath, .procPcmdline, .procPpid, .procPvpid, .procPpidDuration, .procPpidTs,
      .procAname, .procAexe, .procAexepath, .procAcmdline, .procAargs, .procApid, .procAenv, .procLoginshellid,
      .procSname, .procSidExe, .procSidExepath, .procVpgidName, .procVpgidExe, .procVpgidExepath, .procPgidName,
      .procPgidExe, .procPgidExepath:
      self = .ancestor
    case .evtArgs, .evtInfo, .evtArg, .evtRawarg, .evtRes, .evtRawres, .evtFailed, .evtBuffer, .evtBuflen, .evtBuflenIn,
      .evtBuflenOut, .evtBuflenFile, .evtBuflenFileIn, .evtBuflenFileOut, .evtBuflenNet, .evtBuflenNetIn,
      .evtBuflenNetOut, .evtCountError, .evtCountErrorFile, .evtCountErrorNet, .evtCountErrorMemory,
      .evtCountErrorOther, .evtIsOpenRead, .evtIsOpenWrite, .evtIsOpenExec, .evtIsOpenCreate:
      self = .result
    case .procId, .procPidStart, .procAncestry, .procExeSha256: self = .identity
    case .evtAbspath, .evtAbspathSrc, .evtAbspathDst: self = .path
    default:
      switch FieldCatalogue.area(of: field.id) {
      case "process": self = .process
      case "user", "group": self = .user
      case "fd", "fdlist": self = .descriptor
      case "fs.path": self = .path
      case "container", "k8s": self = .container
      default: self = .event
      }
    }
  }
}
