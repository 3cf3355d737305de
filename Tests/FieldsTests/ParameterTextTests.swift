import ByteText
import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

@Suite struct ParameterTextTests {
  /// All parameters of one event as `evt.args` shows them.
  private func args(_ type: EventType, _ fill: (inout EventBuilder) -> Void) -> String {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.make(type, 200, at: 7_000, fill))
    return scene.text("evt.args")
  }

  @Test func flagsPrintInTableOrderAndModesInOctal() {
    #expect(
      args(.fchmod) {
        $0.append(Int64(0))
        $0.append(Int64(9))
        $0.append(UInt32(0o644))
      } == "res=0 fd=9 mode=0644(S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR)")
    #expect(
      args(.futex) {
        $0.append(Int64(0))
        $0.append(UInt64(0x7efe_b8be_6a4c))
        $0.append(UInt16(129))
        $0.append(UInt64(5))
      } == "res=0 addr=7EFEB8BE6A4C op=129(FUTEX_PRIVATE_FLAG|FUTEX_WAKE) val=5")
  }

  @Test func anEnumPrintsEachNameOfItsValue() {
    #expect(
      args(.socket) {
        $0.append(Int64(-97))
        $0.append(UInt32(1))
        $0.append(UInt32(2))
        $0.append(UInt32(0))
        $0.append(UInt32(0))
      }.hasPrefix("fd=-97(EAFNOSUPPORT) domain=1(AF_LOCAL|AF_UNIX) type=2 proto=0"))
  }

  @Test func emptyValuesPrintByType() {
    #expect(
      args(.recvfrom) {
        $0.append(Int64(-11))
        $0.appendEmpty()
        $0.appendEmpty()
        $0.append(Int64(9))
        $0.append(UInt32(10))
      } == "res=-11(EAGAIN) data=NULL tuple=NULL fd=9 size=10")
    #expect(
      args(.unlink) {
        $0.append(Int64(-14))
        $0.appendEmpty()
      } == "res=-14(EFAULT) path=<NA>")
  }

  @Test func processesAndSignalsHaveNames() {
    #expect(
      args(.kill) {
        $0.append(Int64(0))
        $0.append(Int64(100))
        $0.append(UInt8(9))
      } == "res=0 pid=100(bash) sig=9(SIGKILL)")
  }

  @Test func userIdsHaveNames() {
    #expect(
      args(.setreuid) {
        $0.append(Int64(0))
        $0.append(UInt32.max)
        $0.append(UInt32(0))
      } == "res=0 ruid=-1(<NONE>) euid=0(root)")
  }

  @Test func descriptorListsPrintKindAndEvents() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.pipe(200, at: 6_500, 3, 4))
    scene.apply(
      Event.make(.poll, 200, at: 7_000) {
        $0.append(Int64(1))
        $0.append(bytes: [2, 0] + [3, 0, 0, 0, 0, 0, 0, 0, 1, 0] + [5, 0, 0, 0, 0, 0, 0, 0, 0x41, 0])
        $0.append(Int64(500))
      })
    #expect(scene.text("evt.args") == "res=1 fds=3:p1 5:?41 timeout=500")
    #expect(scene.text("fdlist.nums") == "3,5")
    #expect(scene.text("fdlist.names") == ",<NA>")
    #expect(scene.value("fdlist.sips").isMissing)
  }

  @Test func durationsPrintInSeconds() {
    #expect(
      args(.nanosleep) {
        $0.append(Int64(0))
        $0.append(UInt64(500_000_000))
      } == "res=0 interval=500000000(0.5s)")
  }

  @Test func dynamicValuesGoByTheirSelector() {
    #expect(
      args(.ptrace) {
        $0.append(Int64(0))
        $0.append(bytes: [0, 0, 0x0a, 0x68, 0x03, 0xfc, 0x7f, 0, 0])
        $0.append(bytes: [1, 19])
        $0.append(UInt16(11))
        $0.append(Int64(100))
      } == "res=0 addr=7FFC03680A00 data=19(SIGSTOP) request=11(PTRACE_ATTACH) pid=100(bash)")
  }

  @Test func addressesPrintAsTheirFamilyDoes() {
    func connect(_ tuple: [UInt8]) -> String {
      args(.connect) {
        $0.append(Int64(-111))
        $0.append(bytes: tuple)
        $0.append(Int64(9))
        $0.appendEmpty()
      }
    }
    #expect(
      connect(Wire.tuple("fe80:0:0:0:0:0:0:1", 5, "2001:db8:0:0:1:0:0:2", 80)).contains("tuple=fe80::1:5->2001:db8::1:0:0:2:80 "))
    #expect(
      connect(Wire.tuple("0:0:0:0:0:ffff:0102:0304", 5, "0:0:0:0:0:ffff:0506:0708", 80)).contains("tuple=1.2.3.4:5->5.6.7.8:80 "))
    #expect(connect(Wire.unixTuple(0xffff_8881, 0, "/run/x")).contains("tuple=ffff8881->0 /run/x "))
  }

  @Test func ipv6TextIsCanonical() {
    func text(_ high: UInt64, _ low: UInt64) -> String {
      var bytes: [UInt8] = []
      bytes.append(ipv6: high.bigEndian, low.bigEndian)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text(0, 0) == "::")
    #expect(text(0, 1) == "::1")
    #expect(text(0x2001_0db8_0000_0000, 0x0001_0000_0000_0001) == "2001:db8::1:0:0:1")
    #expect(text(0x2001_0db8_0001_0001, 0x0001_0001_0001_0001) == "2001:db8:1:1:1:1:1:1")
    #expect(text(0, 0x0000_ffff_0102_0304) == "::ffff:1.2.3.4")
    #expect(text(0xfe80_0000_0000_0000, 0) == "fe80::")
  }

  @Test func numbersPrintInEachBase() {
    func text(_ body: (inout [UInt8]) -> Void) -> String {
      var bytes: [UInt8] = []
      body(&bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text { $0.append(octal: 0) } == "0")
    #expect(text { $0.append(octal: 0o4755) } == "04755")
    #expect(text { $0.append(hex: 0, uppercase: true) } == "0")
    #expect(text { $0.append(hex: 0xfe00, uppercase: true) } == "FE00")
    #expect(text { $0.append(decimal: Int64.min) } == "-9223372036854775808")
    #expect(text { $0.append(decimal: 7, width: 9) } == "000000007")
    #expect(text { $0.append(decimal: UInt64.max) } == "18446744073709551615")
    #expect(text { $0.append(time: 951_782_400_000_000_000, .utcZulu) } == "2000-02-29T00:00:00.000000000Z")
  }
}
