internal import RuleEngine

/// Why a constant cannot be read as the type of the field that it is compared with: the message, without its place.
struct ValueError: Error {
  var message: String
  var hint: String?
}

/// Reading constants of a condition as the type of their field.
enum ValueParsing {
  /// Decimal only, with sign, leading blanks and zeros allowed; cut to the width of the type as the wire does.
  static func integer(_ bytes: [UInt8], _ form: ValueKind.IntegerForm) throws(ValueError) -> UInt64 {
    let text = String(decoding: bytes, as: UTF8.self)
    if form.isPort { return try port(text) }
    var digits = text.drop { $0 == " " || $0 == "\t" }
    var isNegative = false
    if let sign = digits.first, sign == "+" || sign == "-" {
      isNegative = sign == "-"
      digits = digits.dropFirst()
    }
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
      let hint = text.hasPrefix("0x") ? "write the number in decimal" : nil
      throw ValueError(message: "\(text) is not a valid number", hint: hint)
    }
    // Beyond 64 bits the value saturates; an unsigned one wraps around below zero.
    let wide: UInt64
    if form.isSigned {
      let limit = UInt64(bitPattern: isNegative ? .min : .max)
      let magnitude = UInt64(digits) ?? .max
      wide = magnitude > limit ? limit : isNegative ? 0 &- magnitude : magnitude
    } else if let magnitude = UInt64(digits) {
      wide = isNegative ? 0 &- magnitude : magnitude
    } else {
      wide = .max
    }
    if form.bits == 64 { return wide }
    let mask = (UInt64(1) << UInt64(form.bits)) - 1
    let cut = wide & mask
    if form.isSigned, cut >> UInt64(form.bits - 1) == 1 { return cut | ~mask }
    return cut
  }

  /// A number, cut to 16 bits, or the name of a service of this host.
  private static func port(_ text: String) throws(ValueError) -> UInt64 {
    if text.isEmpty { return 0 }
    if text.utf8.allSatisfy({ $0 &- 48 < 10 }) { return (UInt64(text) ?? .max) & 0xffff }
    if let port = Services.ofHost.port(text) { return UInt64(port) }
    throw ValueError(
      message: "unrecognized protocol \(text)",
      hint: Services.ofHost.isEmpty
        ? "write the number of the port; \(Services.path) has no names on this host"
        : "write the number of the port, or a name from \(Services.path)")
  }

  static func boolean(_ bytes: [UInt8]) throws(ValueError) -> UInt64 {
    switch String(decoding: bytes, as: UTF8.self) {
    case "true": return 1
    case "false": return 0
    case let text: throw ValueError(message: "\(text) is not a valid boolean", hint: "write true or false")
    }
  }

  static func double(_ bytes: [UInt8]) throws(ValueError) -> UInt64 {
    let number = try integer(bytes, ValueKind.IntegerForm(isSigned: true, bits: 64))
    return Double(Int64(bitPattern: number)).bitPattern
  }

  static func hexBytes(_ bytes: [UInt8]) throws(ValueError) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard bytes.count % 2 == 0 else {
      throw ValueError(message: "\(text) is not an even number of hexadecimal digits", hint: "write two digits for each byte")
    }
    var result: [UInt8] = []
    for at in stride(from: 0, to: bytes.count, by: 2) {
      guard let high = Character(Unicode.Scalar(bytes[at])).hexDigitValue,
        let low = Character(Unicode.Scalar(bytes[at + 1])).hexDigitValue
      else {
        throw ValueError(message: "\(text) is not hexadecimal", hint: "write two digits 0-9a-f for each byte")
      }
      result.append(UInt8(high << 4 | low))
    }
    return result
  }

  /// An address as a network of full length.
  static func address(_ bytes: [UInt8]) throws(ValueError) -> Network {
    let text = String(decoding: bytes, as: UTF8.self)
    if let network = parseAddress(text[...]) { return network }
    throw ValueError(
      message: "unrecognized IP address \(text)", hint: "write it as 192.0.2.1 or 2001:db8::1; names are not looked up")
  }

  static func network(_ bytes: [UInt8]) throws(ValueError) -> Network {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let slash = text.firstIndex(of: "/") else {
      throw ValueError(message: "unrecognized IP network \(text)", hint: "add the prefix length, as in \(text)/32")
    }
    let length = text[text.index(after: slash)...]
    guard var network = parseAddress(text[..<slash]), length.utf8.allSatisfy({ $0 &- 48 < 10 }),
      let prefix = Int(length), (0...(network.isV6 ? 128 : 32)).contains(prefix)
    else { throw ValueError(message: "unrecognized IP network \(text)", hint: "write it as 192.0.2.0/24 or 2001:db8::/32") }
    network.prefixLength = UInt8(prefix)
    return network
  }

  private static func parseAddress(_ text: Substring) -> Network? {
    if text.contains(".") && !text.contains(":") {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 4 else { return nil }
      var word: UInt64 = 0
      for (index, part) in parts.enumerated() {
        // As inet_pton(3) reads it: a leading zero could be meant as octal.
        guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 &- 48 < 10 }),
          part == "0" || !part.hasPrefix("0"), let byte = UInt8(part)
        else { return nil }
        word |= UInt64(byte) << UInt64(8 * index)
      }
      return Network(high: word, low: 0, isV6: false, prefixLength: 32)
    }
    return parseV6(text)
  }

  private static func parseV6(_ text: Substring) -> Network? {
    guard text.contains(":"), !text.contains(".") else { return nil }
    var halves: [[UInt16]] = [[], []]
    var half = 0
    var rest = text
    if rest.hasPrefix("::") {
      half = 1
      rest = rest.dropFirst(2)
    } else if rest.hasPrefix(":") {
      return nil
    }
    while !rest.isEmpty {
      let group = rest.prefix { $0 != ":" }
      guard (1...4).contains(group.utf8.count), !group.hasPrefix("+"), let value = UInt16(group, radix: 16) else {
        return nil
      }
      halves[half].append(value)
      rest = rest.dropFirst(group.count)
      if rest.isEmpty { break }
      if rest.hasPrefix("::") {
        guard half == 0 else { return nil }
        half = 1
        rest = rest.dropFirst(2)
      } else {
        rest = rest.dropFirst()
        if rest.isEmpty { return nil }
      }
    }
    let count = halves[0].count + halves[1].count
    guard half == 1 ? count < 8 : count == 8 else { return nil }
    let groups = halves[0] + Array(repeating: 0, count: 8 - count) + halves[1]
    var words: [UInt64] = [0, 0]
    for (index, group) in groups.enumerated() {
      words[index / 4] |= UInt64(group.byteSwapped) << UInt64(16 * (index % 4))
    }
    return Network(high: words[0], low: words[1], isV6: true, prefixLength: 128)
  }
}
