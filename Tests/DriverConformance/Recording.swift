import BPFDriver
import CCalls
import Capture
import EventSchema
import Glibc
import KmodDriver
import ModernBPFDriver
import Testing

/// Every conformance test is in an extension of this suite. One after the other: tests change the process's
/// descriptors, ids and children, and count what they see.
@Suite(.serialized, RepeatedWhenRunsWereSkipped()) struct Conformance {}

/// The drivers that the conformance tests run on. Each test takes one as its argument and runs unchanged on all.
///
/// `WINDHOVER_DRIVERS` names others, with commas between them.
let drivers: [DriverKind] = {
  guard let names = getenv("WINDHOVER_DRIVERS") else { return [.modernEBPF] }
  return String(cString: names).split(separator: ",").map { name in
    guard let kind = DriverKind(rawValue: String(name)) else { fatalError("WINDHOVER_DRIVERS: no driver \(name)") }
    return kind
  }
}()

/// An event, copied out of its batch so that a test can look at it after the capture ended.
struct RecordedEvent: CustomStringConvertible {
  let type: EventType
  let timestamp: UInt64
  let thread: Int64
  let cpu: Int
  let parameters: [[UInt8]]

  init(_ view: borrowing EventView) {
    type = view.type
    timestamp = view.timestamp
    thread = Int64(view.threadID)
    cpu = Int(view.cpu)
    var parameters: [[UInt8]] = []
    for index in 0..<view.parameterCount {
      let bytes = view.bytes(index)
      parameters.append((0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
    }
    self.parameters = parameters
  }

  /// The bytes of a parameter by its name in the schema.
  subscript(bytes name: String) -> [UInt8] {
    guard let index = Schema.event(type)?.parameters.firstIndex(where: { $0.name == name }) else { return [] }
    return index < parameters.count ? parameters[index] : []
  }

  /// A number by name, read as its schema type says; `nil` if the parameter carries no value.
  subscript(name: String) -> Int64? {
    guard let info = Schema.event(type)?.parameters.first(where: { $0.name == name }) else { return nil }
    let bytes = self[bytes: name]
    guard bytes.count == info.byteCount, !bytes.isEmpty else { return nil }
    var value: UInt64 = 0
    for (index, byte) in bytes.enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    switch info.type {
    case .WH_PT_INT8: return Int64(Int8(truncatingIfNeeded: value))
    case .WH_PT_INT16: return Int64(Int16(truncatingIfNeeded: value))
    case .WH_PT_INT32: return Int64(Int32(truncatingIfNeeded: value))
    default: return Int64(bitPattern: value)
    }
  }

  /// A text by name: without its NUL, `nil` if the parameter carries no value.
  subscript(text name: String) -> String? {
    let bytes = self[bytes: name]
    guard bytes.last == 0 else { return nil }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  var description: String {
    let info = Schema.event(type)
    let values = parameters.enumerated().map { index, bytes in "\(info?.parameters[index].name ?? "?")=\(bytes)" }
    return "\(info?.symbol ?? "?")(\(values.joined(separator: " ")))"
  }
}

struct NoSuchEvent: Error, CustomStringConvertible { let description: String }

extension [RecordedEvent] {
  /// The only event of a type made by this test's thread, or by `thread`.
  func only(_ type: EventType, thread: Int64? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws
    -> RecordedEvent
  {
    let own = thread ?? wh_thread_id()
    let found = filter { $0.type == type && $0.thread == own }
    #expect(found.count == 1, "\(found.count) events of type \(type)", sourceLocation: sourceLocation)
    guard let first = found.first else { throw NoSuchEvent(description: "no event of type \(type) of thread \(own)") }
    return first
  }

  func of(_ type: EventType, thread: Int64? = nil) -> [RecordedEvent] {
    filter { $0.type == type && $0.thread == thread ?? wh_thread_id() }
  }
}

/// What a driver saw while `body` ran, for the given events of this process and its children.
///
/// Uses the driver that stays open for the whole process, or one of its own if `options` asks for something special. A
/// host that cannot run the driver makes the test fail with the driver's own words: a skip here would look like a pass.
func record(
  _ kind: DriverKind, _ events: [EventType], calls: [SyscallCode] = [], resolvesPaths: Bool = false,
  options: CaptureOptions? = nil, _ body: () throws -> Void
) throws -> [RecordedEvent] {
  let interest = Interest(
    events: EventTypeSet(events), genericCalls: SyscallSet(calls), resolvesPaths: resolvesPaths)
  switch kind {
  case .modernEBPF: return try record(ModernBPFDriver.self, interest, options, body)
  case .ebpf: return try record(BPFDriver.self, interest, options, body)
  case .kmod: return try record(KmodDriver.self, interest, options, body)
  case .ptrace:
    return try recordTraced(
      events, calls: calls, resolvesPaths: resolvesPaths, options: options ?? CaptureOptions(), body)
  }
}

private func record<Driver: CaptureDriver & ~Copyable>(
  _: Driver.Type, _ interest: Interest, _ options: CaptureOptions?, _ body: () throws -> Void
) throws -> [RecordedEvent] {
  if var options {
    options.loadable = OpenDriver<Driver>.withMark(interest)
    let driver = try OpenDriver<Driver>(options)
    #expect(driver.refusals.all.isEmpty, "refused by the kernel: \(driver.refusals.all)")
    return try driver.record(interest, body)
  }
  return try OpenDriver<Driver>.forAllTests().record(interest, body)
}

/// The programs of a driver that the kernel refused, each with its reason.
func refusals(_ kind: DriverKind) throws -> [String] {
  switch kind {
  case .modernEBPF: try OpenDriver<ModernBPFDriver>.forAllTests().refusals.all
  case .ebpf: try OpenDriver<BPFDriver>.forAllTests().refusals.all
  case .kmod: try OpenDriver<KmodDriver>.forAllTests().refusals.all
  // A tracer has no programs; it is there or not.
  case .ptrace: try recordTraced([.getuid], calls: [], options: CaptureOptions()) {}.map(\.description)
  }
}

/// Reads until a whole poll finds nothing. Capture is off, so that nothing comes after.
func drain<Driver: CaptureDriver & ~Copyable>(
  _ driver: inout Driver, _ visit: (borrowing EventView) -> Void
) throws {
  while true {
    var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
    var isEmpty = true
    while let event = try batch.next() {
      isEmpty = false
      visit(event)
    }
    if isEmpty { return }
  }
}

/// The native number of a call.
func number(_ code: SyscallCode) -> Int64 { Int64(Schema.syscall(code)!.nativeNumber!) }

/// A bare system call; pointers go in as their addresses, negative numbers as the register holds them.
@discardableResult
func call(_ code: SyscallCode, _ arguments: UInt64...) -> Int64 {
  let a = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
  return wh_call(number(code), a[0], a[1], a[2], a[3], a[4], a[5])
}

/// A negative argument as the register holds it.
func negative(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

func address(_ pointer: UnsafeRawPointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

/// The address of a NUL-terminated string that stays for the rest of the process: tests may leak.
func text(_ string: String) -> UInt64 { address(UnsafeRawPointer(strdup(string)!)) }

/// A negative descriptor such as AT_FDCWD as the register holds it.
let currentDirectory = UInt64(bitPattern: -100)

/// A fresh directory, removed with all that is in it at the end of the test.
final class Scratch {
  let path: String
  init() throws {
    var template = Array("/tmp/windhover-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw NoSuchEvent(description: "mkdtemp: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  func file(_ name: String) -> String { "\(path)/\(name)" }
  deinit { wh_remove_tree(path) }
}

func status(of descriptor: Int64) -> stat {
  var result = stat()
  fstat(Int32(descriptor), &result)
  return result
}
