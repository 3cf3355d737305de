import ContainerRuntimes
import JSONText
import Testing

@testable import ContainerRuntimes

/// Bytes from runtimes, well-formed and not.
@Suite struct WireTests {
  // MARK: HTTP

  @Test func anAnswerHasAStatusAndABody() throws {
    let answer = try HTTPAnswer(Array("HTTP/1.0 404 Not Found\r\nContent-Type: x\r\n\r\n{}\n".utf8))
    #expect(answer.status == 404 && answer.body == Array("{}\n".utf8))
    #expect(try HTTPAnswer(Array("HTTP/1.1 200\n\nx".utf8)).status == 200)
    #expect(try HTTPAnswer(Array("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxy".utf8)).body == [UInt8(ascii: "x")])
  }

  @Test(arguments: [
    "", "\r\n\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.0\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.0 9999 X\r\n\r\n",
    "HTTP/1.0 -1 X\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nshort", "HTTP/1.0 200 OK\r\nContent-Length: -4\r\n\r\n",
    "HTTP/1.0 200 OK\r\n" + String(repeating: "x", count: 70_000) + "\r\n\r\n",
  ])
  func whatIsNoAnswerIsRefused(text: String) {
    #expect(throws: RuntimeError.self) { try HTTPAnswer(Array(text.utf8)) }
  }

  // MARK: Protobuf

  // Made by protoc --encode from { id: "ab" count: 300 } and the like, field numbers 1 and 2.
  @Test func fieldsComeInTheirOrder() throws {
    var reader = ProtobufReader([0x0a, 0x02, 0x61, 0x62, 0x10, 0xac, 0x02, 0x1d, 1, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0, 0, 0])
    let first = try #require(try reader.next())
    #expect(first.number == 1 && first.value.text == "ab")
    let second = try #require(try reader.next())
    #expect(second.number == 2 && second.value.number == 300)
    #expect(try reader.next()?.value.number == 1)
    #expect(try reader.next()?.value.number == 2)
    #expect(try reader.next() == nil)
  }

  @Test(arguments: [
    [0x0a], [0x0a, 0x05, 0x61], [0x80], [0x00, 0x01], [0x0b], [0x0c], [0x0e], [0x1d, 1, 2, 3], [0x21, 1],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  ] as [[UInt8]])
  func whatIsCutOrWrongIsRefused(bytes: [UInt8]) {
    #expect(throws: ProtobufError.self) {
      var reader = ProtobufReader(bytes)
      while try reader.next() != nil {}
    }
  }

  @Test func whatIsWrittenReadsBack() throws {
    var writer = ProtobufWriter()
    writer.put(1, "name")
    writer.put(15, value: .max)
    writer.put(2000, flag: true)
    var reader = ProtobufReader(writer.bytes)
    #expect(try reader.next()?.value.text == "name")
    #expect(try reader.next()?.value.number == .max)
    let last = try reader.next()
    #expect(last?.number == 2000 && last?.value.number == 1)
  }

  // MARK: Times and names

  // Expected values are those of date -u -d TEXT +%s%N.
  @Test(arguments: [
    ("2026-11-21T09:06:30.423292726Z", 1_795_251_990_423_292_726), ("1970-01-01T00:00:00Z", 0),
    ("2024-02-29T23:59:59.5+02:00", 1_709_243_999_500_000_000), ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
    ("2000-01-01T00:00:00.1-01:30", 946_690_200_100_000_000), ("0001-01-01T00:00:00Z", 0), ("", 0), ("now", 0),
    ("2026-13-01T00:00:00Z", 0), ("9999-01-01T00:00:00Z", 0), ("2026-11-21T09:06:30.42329272699999999999Z", 1_795_251_990_423_292_726),
  ])
  func timesAreNanosecondsSinceTheEpoch(text: String, expected: UInt64) {
    #expect(Timestamp.nanoseconds(text) == expected)
  }

  @Test(arguments: [
    ("0123abcd", true), ("web-server_1.example", true), ("", false), ("..", false), ("a/b", false), ("a b", false),
    ("a\r\nX: y", false), ("a?b", false), ("é", false), (String(repeating: "a", count: 254), false), ("%2e", false),
  ])
  func onlyPlainNamesGoIntoRequests(name: String, isPlain: Bool) {
    #expect(ContainerReference.isPlain(name) == isPlain)
  }

  // MARK: HTTP/2

  /// What a server sends for one reply: settings, headers, data, trailers.
  @Test func aReplyOverHTTP2IsUnwrapped() {
    let answer = Replay.answer(Replay.settings + Replay.headers + Replay.data([0, 0, 0, 0, 2, 7, 8]) + Replay.trailers(0))
    #expect(answer.error == 0 && answer.status == 0 && answer.bytes == [7, 8])
  }

  @Test func aRefusalHasAStatus() {
    let answer = Replay.answer(Replay.settings + Replay.headers + Replay.trailers(5))
    #expect(answer.error == 0 && answer.status == 5 && answer.bytes.isEmpty)
  }

  @Test(arguments: [
    [], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Replay.settings, Replay.settings + Replay.headers,
    // Compressed, cut short, and longer than it says.
    Replay.settings + Replay.headers + Replay.data([1, 0, 0, 0, 0]) + Replay.trailers(0),
    Replay.settings + Replay.headers + Replay.data([0, 0, 0, 0, 9, 1]) + Replay.trailers(0),
    Replay.settings + Replay.headers + Replay.data([0, 0, 0, 0, 0, 1]) + Replay.trailers(0),
    Replay.settings + Replay.headers + Replay.trailers(0),
    // More than is wanted.
    Replay.settings + Replay.headers + Replay.data([0, 0, 0, 16, 0] + [UInt8](repeating: 0, count: 5000)),
    [UInt8](repeating: 0xff, count: 100),
  ])
  func aReplyThatIsNoneIsAnError(stream: [UInt8]) {
    #expect(Replay.answer(stream).error != 0)
  }
}
