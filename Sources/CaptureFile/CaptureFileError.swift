internal import Capture

/// What is wrong with a capture file, and where.
public struct CaptureFileError: Error, Sendable, Equatable {
  /// Bytes from the start of the uncompressed stream.
  public var offset: UInt64
  public var problem: Problem

  public init(_ problem: Problem, at offset: UInt64) {
    self.problem = problem
    self.offset = offset
  }

  public enum Problem: Sendable, Equatable {
    case cannotOpen(errno: Int32)
    case cannotRead(errno: Int32)
    case cannotWrite(errno: Int32)
    /// The gzip stream is broken; zlib's own words.
    case damagedCompression(String)
    case truncated(needed: Int, available: Int)
    case notACapture(firstBlock: UInt32)
    case otherByteOrder
    case wrongMagic(UInt32)
    case unknownVersion(major: UInt16, minor: UInt16)
    case badBlockLength(type: UInt32, length: UInt32)
    case blockTooLarge(type: UInt32, length: UInt32, limit: Int)
    case trailerMismatch(type: UInt32, length: UInt32, trailer: UInt32)
    case unexpectedBlock(type: UInt32)
    case noEvents
    /// A field of a metadata block reaches beyond the block or its entry.
    case entryOverrun(list: String)
    case textTooLong(list: String, length: Int, limit: Int)
    case unknownInterface(type: UInt16)
    case badEventLength(type: UInt16, length: UInt32, available: Int)
    case badParameters(type: UInt16, count: UInt32)
    /// No conversion from this form of an old event to today's.
    case unknownForm(type: UInt16, parameters: UInt32)
    case endlessConversion(type: UInt16)
  }
}

extension CaptureFileError: CustomStringConvertible {
  public var description: String { "at byte \(offset): \(problem.sentence)" }
}

extension CaptureFileError.Problem {
  /// Continues the name of the file.
  public var sentence: String {
    switch self {
    case .cannotOpen(let errno): "cannot be opened: \(errorText(errno))"
    case .cannotRead(let errno): "cannot be read: \(errorText(errno))"
    case .cannotWrite(let errno): "cannot be written: \(errorText(errno))"
    case .damagedCompression(let words): "the compressed data is damaged (\(words))"
    case .truncated(let needed, let available):
      "the file ends in the middle of a block: \(needed) bytes are needed, \(available) are there; was it still being written?"
    case .notACapture(let type): "this is no capture file: it begins with \(hex(type)) and not with a section header"
    case .otherByteOrder: "the capture was written on a machine of the other byte order, which is not supported"
    case .wrongMagic(let magic): "the section header's magic number is \(hex(magic)), not \(hex(SectionHeader.magic))"
    case .unknownVersion(let major, let minor): "capture format \(major).\(minor) is newer than 1.2, the newest known"
    case .badBlockLength(let type, let length): "block \(hex(type)) claims \(length) bytes, which no such block has"
    case .blockTooLarge(let type, let length, let limit):
      "block \(hex(type)) claims \(length) bytes; at most \(limit) are accepted"
    case .trailerMismatch(let type, let length, let trailer):
      "block \(hex(type)) begins with length \(length) and ends with \(trailer)"
    case .unexpectedBlock(let type): "block \(hex(type)) is among the events, where only events and a new section may be"
    case .noEvents: "the capture has no events"
    case .entryOverrun(let list): "an entry of the \(list) reaches beyond its end"
    case .textTooLong(let list, let length, let limit):
      "a text of \(length) bytes in the \(list); at most \(limit) are possible"
    case .unknownInterface(let type): "the interface list has an entry of unknown type \(type)"
    case .badEventLength(let type, let length, let available):
      "event \(type) claims \(length) bytes in a block with room for \(available)"
    case .badParameters(let type, let count): "the \(count) parameters of event \(type) do not fit its length"
    case .unknownForm(let type, let parameters): "event \(type) with \(parameters) parameters is no form that ever was"
    case .endlessConversion(let type): "event \(type) does not become current in 50 conversions"
    }
  }
}

private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
