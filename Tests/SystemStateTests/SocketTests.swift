import CaptureTesting
import EventSchema
import SystemState
import Testing

@Suite struct SocketTests {
  private func withSocket(domain: UInt32 = 2, type: UInt32 = 1, _ number: UInt32 = 0) -> Host {
    var host = Host.withShell()
    host.apply(Event.socket(100, at: 10, fd: 3, domain: domain, type: type, protocol: number))
    return host
  }

  private func v4(_ text: String) -> IPAddress {
    let b = Wire.ip(text)
    return IPAddress(v4: UInt32(b[0]) | UInt32(b[1]) << 8 | UInt32(b[2]) << 16 | UInt32(b[3]) << 24)
  }

  @Test func aConnectedSocketIsTheClients() {
    var host = withSocket()
    #expect(host.current?.l4 == .tcp)
    host.apply(
      Event.connect(
        100, at: 11, fd: 3, tuple: Wire.tuple("127.0.0.1", 1234, "1.2.3.4", 80), address: Wire.address("1.2.3.4", 80)))
    #expect(host.name(100, 3) == "127.0.0.1:1234->1.2.3.4:80")
    #expect(host.current?.destination == v4("1.2.3.4"))
    #expect(host.current?.destinationPort == 80)
    #expect(host.current?.flags.contains(.roleClient) == true)
    #expect(host.state.current.changedName)
  }

  @Test func aRefusedConnectChangesNothingButOneInProgressDoes() {
    var host = withSocket()
    host.apply(Event.connect(100, at: 11, fd: 3, tuple: [], address: Wire.address("1.2.3.4", 80), result: -111))
    #expect(host.name(100, 3) == "")
    #expect(host.current?.hasRole == false)
    host.apply(
      Event.connect(100, at: 12, fd: 3, tuple: Wire.tuple("10.0.0.1", 1, "1.2.3.4", 80), result: -115))
    #expect(host.name(100, 3) == "10.0.0.1:1->1.2.3.4:80")
  }

  @Test func theEntrySideOfAConnectDecidesAboutTheDestination() {
    var host = withSocket(type: 2)
    host.apply(Event.connectEntry(100, at: 11, fd: 3, Wire.address("6.6.6.6", 53)))
    host.apply(
      Event.connect(
        100, at: 12, fd: 3, tuple: Wire.tuple("10.0.0.1", 999, "8.8.8.8", 53), address: Wire.address("8.8.8.8", 53)))
    #expect(host.name(100, 3) == "10.0.0.1:999->6.6.6.6:53")
  }

  @Test func mappedAddressesAreIPv4() {
    var host = withSocket(domain: 10)
    host.apply(
      Event.connect(
        100, at: 11, fd: 3, tuple: Wire.tuple("0:0:0:0:0:ffff:0a00:0001", 5, "0:0:0:0:0:ffff:0102:0304", 80)))
    #expect(host.current?.kind == .ipv4)
    #expect(host.name(100, 3) == "10.0.0.1:5->1.2.3.4:80")
  }

  // As inet_ntop(3) prints them; RFC 5952 section 4.
  @Test(arguments: [
    ("0:0:0:0:0:0:0:1", "::1"), ("0:0:0:0:0:0:0:0", "::"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80:0:0:0:0:0:0:0", "fe80::"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("0:0:0:0:0:ffff:c000:0201", "::ffff:192.0.2.1"), ("0:0:0:0:0:0:102:304", "::1.2.3.4"),
    ("a:b:c:d:e:f:0:1", "a:b:c:d:e:f:0:1"),
    ("0:0:1:0:0:0:0:0", "0:0:1::"), ("0:1:0:0:0:0:0:2", "0:1::2"),
  ])
  func ipv6IsPrintedAsTheSystemPrintsIt(address: String, expected: String) {
    var host = withSocket(domain: 10)
    host.apply(Event.connect(100, at: 11, fd: 3, tuple: Wire.tuple("1:1:1:1:1:1:1:1", 7, address, 80)))
    #expect(host.name(100, 3) == "1:1:1:1:1:1:1:1:7->\(expected):80")
  }

  @Test func anAcceptedSocketIsTheServers() {
    var host = withSocket()
    host.apply(Event.bind(100, at: 11, fd: 3, Wire.address("0.0.0.0", 80)))
    #expect(host.name(100, 3) == "0.0.0.0:80")
    #expect(host.current?.kind == .ipv4Server)
    host.apply(Event.accept4(100, at: 12, fd: 4, tuple: Wire.tuple("9.9.9.9", 5555, "10.0.0.1", 80), flags: 0x1000))
    #expect(host.name(100, 4) == "9.9.9.9:5555->10.0.0.1:80")
    #expect(host.current?.source == v4("9.9.9.9"))
    #expect(host.current?.flags == [.roleServer, .connected, .closeOnExec])
    host.apply(Event.accept4(100, at: 13, fd: 5, tuple: [2, 1]))
    #expect(host.descriptor(100, 5) == nil, "no tuple, no entry")
  }

  @Test func bindToPortZeroMakesNoServer() {
    var host = withSocket(type: 2)
    host.apply(Event.bind(100, at: 11, fd: 3, Wire.address("127.0.0.1", 0)))
    #expect(host.current?.kind == .ipv4)
    #expect(host.current?.hasRole == false)
    #expect(host.name(100, 3) == "127.0.0.1:0")
  }

  @Test func datagramsShowWhoTalksToWhom() {
    var host = withSocket(type: 2)
    host.apply(Event.sendto(100, at: 11, fd: 3, tuple: Wire.tuple("10.0.0.5", 40000, "8.8.8.8", 53)))
    #expect(host.name(100, 3) == "10.0.0.5:40000->8.8.8.8:53")
    #expect(host.current?.flags.contains(.roleClient) == true)
    // The answer comes from the other side; the socket's ends stay as they are.
    host.apply(Event.recvfrom(100, at: 12, fd: 3, tuple: Wire.tuple("8.8.8.8", 53, "10.0.0.5", 40000)))
    #expect(host.name(100, 3) == "10.0.0.5:40000->8.8.8.8:53")
    #expect(!host.state.current.changedName)
    host.apply(Event.sendto(100, at: 13, fd: 3, tuple: Wire.tuple("10.0.0.5", 40000, "1.1.1.1", 53)))
    #expect(host.name(100, 3) == "10.0.0.5:40000->1.1.1.1:53")
  }

  @Test func aBoundDatagramSocketIsTheServers() {
    var host = withSocket(type: 2)
    host.apply(Event.bind(100, at: 11, fd: 3, Wire.address("0.0.0.0", 53)))
    host.apply(Event.recvfrom(100, at: 12, fd: 3, tuple: Wire.tuple("10.0.0.9", 4000, "10.0.0.1", 53)))
    #expect(host.name(100, 3) == "10.0.0.9:4000->10.0.0.1:53")
    #expect(host.current?.flags.contains(.roleServer) == true)
    host.apply(Event.sendto(100, at: 13, fd: 3, tuple: Wire.tuple("10.0.0.1", 53, "10.0.0.9", 4000)))
    #expect(host.name(100, 3) == "10.0.0.9:4000->10.0.0.1:53")
    host.apply(Event.recvfrom(100, at: 14, fd: 3, tuple: Wire.tuple("10.0.0.8", 4001, "10.0.0.1", 53)))
    #expect(host.name(100, 3) == "10.0.0.8:4001->10.0.0.1:53")
  }

  @Test func aZeroAddressBecomesTheInterfaceOfItsSubnet() {
    var machine = Machine()
    machine.addressesV4 = [v4("127.0.0.1"), v4("192.168.1.5"), v4("10.0.0.5")]
    machine.masksV4 = [0x0000_00ff, 0x00ff_ffff, 0x0000_00ff]
    var host = Host.withShell(machine: machine)
    host.apply(Event.socket(100, at: 10, fd: 3, domain: 2, type: 2))
    host.apply(Event.sendto(100, at: 11, fd: 3, tuple: Wire.tuple("0.0.0.0", 5, "10.7.7.7", 53)))
    #expect(host.name(100, 3) == "10.0.0.5:5->10.7.7.7:53")
    host.apply(Event.sendto(100, at: 12, fd: 4, tuple: Wire.tuple("0.0.0.0", 5, "8.8.8.8", 53)))
    #expect(host.name(100, 4) == "192.168.1.5:5->8.8.8.8:53", "an unknown socket becomes a UDP one")
    #expect(host.current?.l4 == .udp)
  }

  @Test func aConnectedTCPSocketIsNotLookedAtAgain() {
    var host = withSocket()
    host.apply(Event.connect(100, at: 11, fd: 3, tuple: Wire.tuple("10.0.0.1", 1, "1.2.3.4", 80)))
    host.apply(Event.sendto(100, at: 12, fd: 3, tuple: Wire.tuple("10.0.0.1", 1, "5.6.7.8", 80)))
    #expect(host.name(100, 3) == "10.0.0.1:1->1.2.3.4:80")
  }

  @Test func unixSocketsHavePointersAndAPath() {
    var host = withSocket(domain: 1)
    host.apply(
      Event.connect(
        100, at: 11, fd: 3, tuple: Wire.unixTuple(0xffff_8881_0000_0a00, 0xffff_8881_0000_0b00, "/run/docker.sock")))
    #expect(host.name(100, 3) == "ffff888100000a00->ffff888100000b00 /run/docker.sock")
    #expect(host.current?.sourcePointer == 0xffff_8881_0000_0a00)
    host.apply(Event.bind(100, at: 12, fd: 3, Wire.unixAddress("/tmp/s")))
    #expect(host.name(100, 3) == "/tmp/s")
    host.apply(Event.socketpair(100, at: 13, 5, 6, source: 0xa, peer: 0xb))
    #expect(host.descriptor(100, 5)?.sourcePointer == 0xa)
    #expect(host.descriptor(100, 6)?.destinationPointer == 0xb)
    #expect(host.state.current.descriptorNumber == 6)
  }

  @Test func icmpAndRawHaveNoPorts() {
    var host = withSocket(type: 3, 1)
    #expect(host.current?.l4 == .raw)
    host.apply(Event.sendto(100, at: 11, fd: 3, tuple: Wire.tuple("1.1.1.1", 0, "2.2.2.2", 0)))
    #expect(host.name(100, 3) == "1.1.1.1->2.2.2.2")
  }
}
