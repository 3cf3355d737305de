internal import JSONText
internal import SystemState

/// The messages of Kubernetes' Container Runtime Interface that are used here, by their field numbers, which are the
/// same in `runtime.v1` and `runtime.v1alpha2`.
struct CRIContainerStatus {
  var id = ""
  var name = ""
  var state: UInt64 = 0
  var createdAt: UInt64 = 0
  var startedAt: UInt64 = 0
  var image = ""
  var userImage = ""
  var imageRef = ""
  var labels: [ContainerMetadata.Label] = []
  var annotations: [ContainerMetadata.Label] = []
  var mounts: [ContainerMetadata.Mount] = []
  /// What a runtime adds if asked to be verbose; the key `info` holds JSON.
  var info: [String: String] = [:]

  init(response: [UInt8]) throws(ProtobufError) {
    var reader = ProtobufReader(response)
    while let field = try reader.next() {
      switch field.number {
      case 1: try readStatus(field.value.bytes)
      case 2 where info.count < 64:
        let pair = try field.value.pair()
        info[pair.key] = pair.value
      default: break
      }
    }
    CRI.sort(&labels)
  }

  private mutating func readStatus(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: id = field.value.text
      case 2: name = try CRI.name(field.value.bytes)
      case 3: state = field.value.number
      case 4: createdAt = CRI.time(field.value.number)
      case 5: startedAt = CRI.time(field.value.number)
      case 8: try readImage(field.value.bytes)
      case 9: imageRef = field.value.text
      case 12: try CRI.append(field, to: &labels)
      case 13: try CRI.append(field, to: &annotations)
      case 14 where mounts.count < ContainerMetadata.Bounds.mounts: mounts.append(try CRI.mount(field.value.bytes))
      default: break
      }
    }
  }

  private mutating func readImage(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: image = field.value.text
      case 18: userImage = field.value.text
      default: break
      }
    }
  }
}

struct CRIPodStatus {
  var id = ""
  var name = ""
  var uid = ""
  var namespace = ""
  var state: UInt64 = 0
  var createdAt: UInt64 = 0
  var address = ""
  var flags: ContainerFlags = []
  var labels: [ContainerMetadata.Label] = []
  var annotations: [ContainerMetadata.Label] = []
  var info: [String: String] = [:]

  init(response: [UInt8]) throws(ProtobufError) {
    var reader = ProtobufReader(response)
    while let field = try reader.next() {
      switch field.number {
      case 1: try readStatus(field.value.bytes)
      case 2 where info.count < 64:
        let pair = try field.value.pair()
        info[pair.key] = pair.value
      default: break
      }
    }
    CRI.sort(&labels)
  }

  private mutating func readStatus(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: id = field.value.text
      case 2: try readMetadata(field.value.bytes)
      case 3: state = field.value.number
      case 4: createdAt = CRI.time(field.value.number)
      case 5: address = try CRI.text(1, of: field.value.bytes)
      case 6: try readLinux(field.value.bytes)
      case 7: try CRI.append(field, to: &labels)
      case 8: try CRI.append(field, to: &annotations)
      default: break
      }
    }
  }

  private mutating func readMetadata(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: name = field.value.text
      case 2: uid = field.value.text
      case 3: namespace = field.value.text
      default: break
      }
    }
  }

  /// Status, its namespaces, their options: which are the node's.
  private mutating func readLinux(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    let options = try CRI.message(2, of: try CRI.message(1, of: bytes))
    let node: UInt64 = 2
    var reader = ProtobufReader(options)
    while let field = try reader.next() {
      guard field.value.number == node else { continue }
      switch field.number {
      case 1: flags.insert(.hostNetwork)
      case 2: flags.insert(.hostPids)
      case 3: flags.insert(.hostIPC)
      default: break
      }
    }
  }
}

/// What the messages share.
enum CRI {
  static func name(_ metadata: ArraySlice<UInt8>) throws(ProtobufError) -> String { try text(1, of: metadata) }

  static func text(_ number: UInt64, of message: ArraySlice<UInt8>) throws(ProtobufError) -> String {
    String(decoding: try self.message(number, of: message), as: UTF8.self)
  }

  /// The last field of this number, as the encoding wants it; empty for none.
  static func message(_ number: UInt64, of message: ArraySlice<UInt8>) throws(ProtobufError) -> ArraySlice<UInt8> {
    var reader = ProtobufReader(message)
    var found: ArraySlice<UInt8> = []
    while let field = try reader.next() { if field.number == number { found = field.value.bytes } }
    return found
  }

  /// A signed number of nanoseconds: negative for never.
  static func time(_ value: UInt64) -> UInt64 { value > UInt64(Int64.max) ? 0 : value }

  static func append(
    _ field: ProtobufReader.Field, to labels: inout [ContainerMetadata.Label]
  ) throws(ProtobufError) {
    guard labels.count < ContainerMetadata.Bounds.labels else { return }
    let pair = try field.value.pair()
    labels.append(.init(pair.key, pair.value))
  }

  /// Maps come in any order, and in another one each time.
  static func sort(_ labels: inout [ContainerMetadata.Label]) { labels.sort { $0.key < $1.key } }

  static func mount(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> ContainerMetadata.Mount {
    var mount = ContainerMetadata.Mount()
    mount.isWritable = true
    mount.propagation = "private"
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: mount.destination = field.value.text
      case 2: mount.source = field.value.text
      case 3: mount.isWritable = field.value.number == 0
      case 5:
        switch field.value.number {
        case 1: mount.propagation = "rslave"
        case 2: mount.propagation = "rshared"
        default: mount.propagation = "private"
        }
      default: break
      }
    }
    return mount
  }
}
