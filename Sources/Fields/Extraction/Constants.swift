internal import ByteText
internal import EventSchema
internal import SystemState

/// Texts that never change, laid out once at the start of an extractor's scratch, so that a field that has one of
/// them as its value copies nothing.
struct Constants {
  enum Word: Int, CaseIterable {
    case none, na, unknownPath, noID, success, host, root, rootHome, currentDirectory, ip, unix, write, read
    case zeroTime, exitSign, enterSign, syscall
    // Names of categories; the two spellings of inter-process communication are what rules in the field expect.
    case unknown, other, file, net, ipcTable, ipc, memory, process, sleep, system, signal, user, time, wait, scheduler
    case `internal`

    var text: String {
      switch self {
      case .none: ""
      case .na: "<NA>"
      case .unknownPath: "<UNKNOWN>"
      case .noID: "<NONE>"
      case .success: "SUCCESS"
      case .rootHome: "/root"
      case .currentDirectory: "./"
      case .zeroTime: "0ns"
      case .exitSign: "<"
      case .enterSign: ">"
      case .ipcTable: "IPC"
      default: "\(self)"
      }
    }
  }

  private(set) var bytes: [UInt8] = []
  private var words: [FieldValue] = []
  private var events: [FieldValue] = []
  private var syscalls: [FieldValue] = []
  private var errors: [FieldValue] = []
  private var kinds: [FieldValue] = []
  private var characters: [FieldValue] = []
  private var transports: [FieldValue] = []

  init() {
    for word in Word.allCases { words.append(add(word.text)) }
    for code in 0..<EventType.count.rawValue {
      events.append(add(EventType(rawValue: code).flatMap { Schema.event($0)?.name } ?? ""))
    }
    for code in 0..<SyscallCode.count.rawValue {
      syscalls.append(add(SyscallCode(rawValue: code).flatMap { Schema.syscall($0)?.name } ?? "<unknown>"))
    }
    for flag in Schema.flags(.errno)?.flags ?? [] {
      let number = Int(flag.value.magnitude)
      while errors.count <= number { errors.append(.missing) }
      errors[number] = add(flag.text)
    }
    for kind in DescriptorKind.allCases {
      precondition(Int(kind.rawValue) == kinds.count, "descriptor kinds are numbered without gaps")
      kinds.append(add(kind.name))
      characters.append(add(String(UnicodeScalar(kind.character))))
    }
    for transport in [TransportProtocol.unknown, .tcp, .udp, .icmp, .raw] { transports.append(add(transport.name)) }
  }

  private mutating func add(_ text: String) -> FieldValue {
    let start = bytes.count
    bytes.append(text: text)
    return .scratch(start, bytes.count - start)
  }

  subscript(word: Word) -> FieldValue { words[word.rawValue] }
  func event(_ type: EventType) -> FieldValue {
    Int(type.rawValue) < events.count ? events[Int(type.rawValue)] : .missing
  }
  func syscall(_ code: UInt16) -> FieldValue { syscalls[Int(code) < syscalls.count ? Int(code) : 0] }
  /// The name of `-result`; missing for a number that is no known error.
  func error(_ result: Int64) -> FieldValue {
    let number = result.magnitude
    return number < UInt64(errors.count) ? errors[Int(number)] : .missing
  }
  func kind(_ kind: DescriptorKind) -> FieldValue { kinds[Int(kind.rawValue)] }
  func character(_ kind: DescriptorKind) -> FieldValue { characters[Int(kind.rawValue)] }
  func transport(_ transport: TransportProtocol) -> FieldValue { transports[Int(transport.rawValue)] }
}
