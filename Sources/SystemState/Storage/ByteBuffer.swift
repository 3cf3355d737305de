/// Bytes that are put together before they go into the ``TextPool``: paths, tuple texts, command lines.
///
/// One buffer is reused for every event, so building a text allocates nothing. What does not fit is cut, and
/// ``isFull`` says so.
@safe struct ByteBuffer: ~Copyable {
  private let region: Region
  let capacity: Int
  private(set) var count = 0
  private(set) var isFull = false

  init(capacity: Int) {
    self.capacity = capacity
    region = Region(reserving: capacity)
  }

  @inline(__always) mutating func removeAll() {
    count = 0
    isFull = false
  }

  /// Keeps the first `length` bytes.
  @inline(__always) mutating func truncate(to length: Int) {
    precondition(length >= 0 && length <= count)
    count = length
  }

  @inline(__always) mutating func append(_ byte: UInt8) {
    guard count < capacity else {
      isFull = true
      return
    }
    unsafe region.base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always) mutating func append(_ bytes: borrowing RawSpan) {
    var length = bytes.byteCount
    if length > capacity &- count {
      length = capacity &- count
      isFull = true
    }
    if length == 0 { return }
    unsafe bytes.withUnsafeBytes { source in
      unsafe (region.base + count).copyMemory(from: source.baseAddress!, byteCount: length)
    }
    count &+= length
  }

  mutating func append(_ text: StaticString) {
    for at in 0..<text.utf8CodeUnitCount { append(unsafe text.utf8Start[at]) }
  }

  mutating func append(_ bytes: [UInt8]) { unsafe append(bytes.span.bytes) }

  /// In decimal, without sign or padding.
  mutating func append(decimal value: UInt64) {
    if value >= 10 { append(decimal: value / 10) }
    append(UInt8(ascii: "0") + UInt8(value % 10))
  }

  /// In lower-case hexadecimal without leading zeros.
  mutating func append(hex value: UInt64) {
    if value >= 16 { append(hex: value >> 4) }
    let digit = UInt8(value & 15)
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  subscript(index: Int) -> UInt8 {
    @inline(__always) get {
      precondition(index >= 0 && index < count)
      return unsafe region.base.load(fromByteOffset: index, as: UInt8.self)
    }
    @inline(__always) set {
      precondition(index >= 0 && index < count)
      unsafe region.base.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self)
    }
  }

  /// What was appended so far, good until the next change.
  @inline(__always) var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(region.base), byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
