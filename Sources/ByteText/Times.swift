internal import CLinux

/// How a point in time is written.
public enum TimeStyle: Sendable {
  /// `HH:MM:SS.nnnnnnnnn` in the local zone, and the same without fraction.
  case localTime, localTimeSeconds
  /// `YYYY-MM-DD HH:MM:SS.nnnnnnnnn` in the local zone, and the same without fraction.
  case localDateTime, localDateTimeSeconds
  /// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000`.
  case utcWithOffset
  /// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`.
  case utcZulu
}

extension [UInt8] {
  /// - Parameter nanoseconds: Since the Unix epoch.
  public mutating func append(time nanoseconds: UInt64, _ style: TimeStyle) {
    let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    var shifted = Int64(seconds)
    let isLocal =
      switch style {
      case .localTime, .localTimeSeconds, .localDateTime, .localDateTimeSeconds: true
      case .utcWithOffset, .utcZulu: false
      }
    if isLocal { shifted += wh_utc_offset(shifted) }
    let days = shifted >= 0 ? shifted / 86_400 : (shifted - 86_399) / 86_400
    let secondOfDay = UInt64(shifted - days * 86_400)
    switch style {
    case .localTime, .localTimeSeconds: break
    case .localDateTime, .localDateTimeSeconds: append(date: days, then: UInt8(ascii: " "))
    case .utcWithOffset, .utcZulu: append(date: days, then: UInt8(ascii: "T"))
    }
    append(decimal: secondOfDay / 3600, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: secondOfDay / 60 % 60, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: secondOfDay % 60, width: 2)
    switch style {
    case .localTimeSeconds, .localDateTimeSeconds: return
    default: break
    }
    append(UInt8(ascii: "."))
    append(decimal: fraction, width: 9)
    switch style {
    case .utcWithOffset: append("+0000")
    case .utcZulu: append(UInt8(ascii: "Z"))
    default: break
    }
  }

  /// Proleptic Gregorian date of a day counted from 1970-01-01: years are taken to begin in March, so that the leap
  /// day is the last of its year.
  private mutating func append(date days: Int64, then separator: UInt8) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * march + 2) / 5 + 1
    let month = march < 10 ? march + 3 : march - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    append(decimal: UInt64(Swift.max(year, 0)), width: 4)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(month), width: 2)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(day), width: 2)
    append(separator)
  }
}
