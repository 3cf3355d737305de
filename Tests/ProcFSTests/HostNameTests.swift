import ProcFS
import Testing

/// hosts(5): an address, its name, aliases; comments behind `#`.
@Suite struct HostNameTests {
  @Test func theFirstNameOfEachLineIsRead() {
    let names = HostsFile.names(
      Array(
        """
        # 1.1.1.1 comment
        127.0.0.1\tlocalhost loopback
          10.0.0.7   db.example.org db # the database
        ::1 ip6-localhost
        2001:db8::7 six.example.org
        300.0.0.1 wrong
        fe80::1%eth0 zone
        10.0.0.8
        10.0.0.9#x y
        10.0.0.10 last\r
        """.utf8))
    #expect(names.map { String(decoding: $0.name, as: UTF8.self) } == [
      "localhost", "db.example.org", "ip6-localhost", "six.example.org", "last",
    ])
    #expect(names.map(\.isV6) == [false, false, true, true, false])
    // Bytes in network order, loaded little-endian.
    #expect(names[0].high == 0x0100_007f && names[0].low == 0)
    #expect(names[2].high == 0 && names[2].low == 1 << 56)
    #expect(names[3].high == 0xb80d_0120 && names[3].low == 7 << 56)
  }

  @Test func aFileThatNeverEndsIsCut() {
    let text = (0..<10_000).map { "10.0.\($0 / 250).\($0 % 250) h\($0)\n" }.joined()
    #expect(HostsFile.names(Array(text.utf8)).count == HostsFile.limit)
    #expect(HostsFile.names([UInt8](repeating: 0xff, count: 4096)).isEmpty)
    #expect(HostsFile.names(Array(("10.0.0.1 " + String(repeating: "x", count: 300)).utf8)).isEmpty)
  }
}
