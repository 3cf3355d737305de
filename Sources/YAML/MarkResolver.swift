internal import CYAML

/// Turns libyaml's marks, which count characters, into marks with a byte offset.
///
/// Marks come nearly in order, so resolving continues from the last one; only a step back walks a line from its start.
struct MarkResolver {
  private let bytes: [UInt8]
  private let lineStarts: [Int]
  private(set) var last: YAMLMark

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let hasByteOrderMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    var starts = [hasByteOrderMark ? 3 : 0]
    var offset = 0
    while offset < bytes.count {
      // What no break begins with, first: nearly every byte.
      let byte = bytes[offset]
      if byte > 0x0D && byte < 0xC2 || byte < 0x0A {
        offset += 1
        continue
      }
      let width = lineBreakWidth(bytes, offset)
      offset += max(width, 1)
      if width > 0 { starts.append(offset) }
    }
    lineStarts = starts
    last = YAMLMark(line: 0, column: 0, offset: starts[0])
  }

  mutating func resolve(_ mark: yaml_mark_t) -> YAMLMark {
    let line = min(Int(mark.line), lineStarts.count - 1)
    let column = Int(mark.column)
    if line != last.line || column < last.column {
      last = YAMLMark(line: line, column: 0, offset: lineStarts[line])
    }
    while last.column < column, last.offset < bytes.count {
      last.offset += 1
      while last.offset < bytes.count, bytes[last.offset] & 0xC0 == 0x80 { last.offset += 1 }
      last.column += 1
    }
    return YAMLMark(line: line, column: column, offset: last.offset)
  }

  /// For errors of decoding, where libyaml knows only a byte offset.
  func resolve(offset: Int) -> YAMLMark {
    let offset = min(offset, bytes.count)
    let line = (lineStarts.firstIndex { $0 > offset } ?? lineStarts.count) - 1
    var column = 0
    for index in lineStarts[max(0, line)]..<max(offset, lineStarts[max(0, line)])
    where bytes[index] & 0xC0 != 0x80 {
      column += 1
    }
    return YAMLMark(line: max(0, line), column: column, offset: offset)
  }
}

/// How many bytes the line break at `offset` has; 0 if there is none.
///
/// The breaks of YAML 1.1: CR LF, CR, LF, next line, line separator, paragraph separator.
func lineBreakWidth(_ bytes: some RandomAccessCollection<UInt8>, _ offset: Int) -> Int {
  let at = bytes.index(bytes.startIndex, offsetBy: offset)
  func byte(_ distance: Int) -> UInt8? {
    offset + distance < bytes.count ? bytes[bytes.index(at, offsetBy: distance)] : nil
  }
  switch bytes[at] {
  case 0x0A: return 1
  case 0x0D: return byte(1) == 0x0A ? 2 : 1
  case 0xC2: return byte(1) == 0x85 ? 2 : 0
  case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
  default: return 0
  }
}
