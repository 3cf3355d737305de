/// Puts a metadata block together: numbers, and texts with a 16-bit length.
struct BodyWriter {
  private(set) var bytes: [UInt8] = []

  mutating func integer<T: FixedWidthInteger>(_ value: T) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Cut to `limit` bytes.
  mutating func text(_ text: [UInt8], limit: Int) {
    let cut = text.prefix(limit)
    integer(UInt16(cut.count))
    bytes.append(contentsOf: cut)
  }

  /// Strings that each end with a NUL, cut to `limit` bytes with the last one's NUL kept.
  mutating func strings(_ strings: [UInt8], limit: Int) {
    var cut = Array(strings.prefix(limit))
    if strings.count > limit { cut[limit - 1] = 0 }
    text(cut, limit: limit)
  }

  mutating func fixed(_ text: [UInt8], size: Int) {
    bytes.append(contentsOf: text.prefix(size - 1))
    bytes.append(contentsOf: repeatElement(0, count: size - min(text.count, size - 1)))
  }

  mutating func raw(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// What `body` writes, with its length in front.
  mutating func entry(countsItself: Bool = true, _ body: (inout BodyWriter) -> Void) {
    var entry = BodyWriter()
    body(&entry)
    integer(UInt32(entry.bytes.count + (countsItself ? 4 : 0)))
    raw(entry.bytes)
  }
}
