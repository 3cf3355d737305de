internal import ByteText
internal import EventSchema
internal import Glibc

/// Names of flag values, from the schema's C tables.
enum FlagText {
  /// Appends the names of a value, joined by `separator`.
  ///
  /// Masks are walked in table order: a row that equals the whole value ends the walk, any other takes its bits away,
  /// bits that no row knows print nothing. One-of-many values print each of their names.
  /// - Returns: Whether there was any name.
  @discardableResult
  static func append(
    _ value: Int64, _ group: FlagGroup, separator: UInt8 = UInt8(ascii: "|"), into text: inout [UInt8]
  ) -> Bool {
    guard let info = unsafe wh_flag_group_info(group.rawValue) else { return false }
    let count = Int(unsafe info.pointee.count)
    let isEnum = unsafe info.pointee.kind == .WH_KIND_ENUM
    let start = text.count
    var rest = value
    for index in 0..<count {
      let row = unsafe info.pointee.flags[index]
      let bits = unsafe row.value
      if bits == value {
        if text.count > start { text.append(separator) }
        unsafe append(row.text, into: &text)
        if !isEnum { break }
      } else if !isEnum, bits != 0, rest != 0, rest & bits == bits {
        if text.count > start { text.append(separator) }
        unsafe append(row.text, into: &text)
        rest &= ~bits
      }
    }
    return text.count > start
  }

  private static func append(_ name: UnsafePointer<CChar>, into text: inout [UInt8]) {
    unsafe text.append(contentsOf: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }
}
