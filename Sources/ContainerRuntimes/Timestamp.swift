/// `2026-11-21T09:06:30.423292726Z` and the like, as runtimes write times (RFC 3339).
enum Timestamp {
  /// Nanoseconds since the epoch; 0 for what is no such time, lies before 1970 or beyond 2262.
  static func nanoseconds(_ text: String) -> UInt64 {
    var rest = Substring(text).utf8
    func number(_ digits: Int, then separator: UInt8?) -> Int? {
      var value = 0
      for _ in 0..<digits {
        guard let byte = rest.popFirst(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      if let separator, rest.popFirst() != separator { return nil }
      return value
    }
    let (dash, colon) = (UInt8(ascii: "-"), UInt8(ascii: ":"))
    guard let year = number(4, then: dash), let month = number(2, then: dash), let day = number(2, then: UInt8(ascii: "T")),
      let hour = number(2, then: colon), let minute = number(2, then: colon), let second = number(2, then: nil),
      (1970...2262).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return 0 }
    var fraction: UInt64 = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      var scale: UInt64 = 100_000_000
      while let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        fraction += UInt64(byte - UInt8(ascii: "0")) * scale
        scale /= 10
        rest.removeFirst()
      }
    }
    var offset = 0
    if let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == dash {
      guard let hours = number(2, then: colon), let minutes = number(2, then: nil) else { return 0 }
      offset = (hours * 60 + minutes) * (sign == dash ? -60 : 60)
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    guard seconds >= 0, seconds < 9_223_372_036 else { return 0 }
    return UInt64(seconds) * 1_000_000_000 + fraction
  }

  /// Days since the epoch, by counting years from March on, so that the leap day comes last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month > 2 ? year : year - 1
    let month = (month + 9) % 12
    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 719_469
  }
}
