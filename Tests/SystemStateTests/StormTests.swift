import CaptureTesting
import EventSchema
import SystemState
import Testing

/// Many of everything, then nothing: the tables must be as they were before.
@Suite struct StormTests {
  @Test func aHundredThousandShortLivedProcessesLeaveNothing() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 4, fd: 3, name: "/etc/hosts"))
    host.apply(Event.read(100, at: 5, fd: 3))
    let (threads, descriptors, bytes) =
      (host.state.threads.count, host.state.descriptors.count, host.state.texts.bytesInUse)
    var time: UInt64 = 1_000
    for round in 0..<100_000 {
      let pid = 1000 + round % 30_000
      time += 1_000_000
      let child = Event.clone(pid, at: time, result: 0, ptid: 100)
      let caller = Event.clone(100, at: time, result: pid, ptid: 1)
      if round % 3 == 0 { host.apply(child) }
      host.apply(caller)
      if round % 3 != 0 { host.apply(child) }
      if round % 2 == 0 {
        host.apply(
          Event.execve(pid, at: time + 1, exe: "/bin/\(round % 97)", arguments: ["\(round)"], ptid: 100, comm: "x"))
      }
      host.apply(Event.openat(pid, at: time + 2, fd: 4, name: "/tmp/\(round)"))
      host.apply(Event.procexit(pid, at: time + 3))
      // Now and then the caller's side comes when all is over.
      if round % 5 == 0 { host.apply(caller) }
    }
    host.apply(Event.read(100, at: time + 10, fd: 3))
    #expect(host.state.threads.count == threads)
    #expect(host.state.descriptors.count == descriptors)
    #expect(host.state.texts.bytesInUse == bytes)
    #expect(host.state.counters.threadsAdded - host.state.counters.threadsRemoved == UInt64(threads))
  }

  @Test func aMillionOpensAndClosesLeaveNothing() {
    var host = Host.withShell()
    let (descriptors, bytes) = (host.state.descriptors.count, host.state.texts.bytesInUse)
    let opens = (0..<100).map { Event.openat(100, at: 10, fd: 3 + $0, name: $0 % 2 == 0 ? "/data/\($0)" : "rel/\($0)") }
    let entries = (0..<100).map { Event.openatEntry(100, at: 10, name: "/entry/\($0)") }
    let closes = (0..<100).map { Event.close(100, at: 11, fd: 3 + $0) }
    for round in 0..<10_000 {
      for at in 0..<100 {
        if round % 4 == 0 { host.apply(entries[at]) }
        host.apply(opens[at])
      }
      for at in 0..<100 { host.apply(closes[at]) }
    }
    host.apply(Event.read(100, at: 12, fd: 0))
    #expect(host.state.descriptors.count == descriptors)
    #expect(host.state.texts.bytesInUse == bytes)
    #expect(host.state.texts.refused == 0)
  }

  /// Events in no order and with any ids: nothing may trap, and what exits must go.
  @Test func nonsenseIsSurvived() {
    var random = SplitMix(state: 7)
    var limits = StateLimits()
    limits.threads = 64
    limits.descriptorsPerProcess = 16
    limits.callEntries = 4
    var host = Host(limits: limits)
    let flags: [UInt32] = [0, 1 << 13, 1 << 13 | 1, 1, 1 << 29, 1 << 8, 1 << 27, 1 << 6]
    for step in 0..<300_000 {
      let time = UInt64(step) * (random.next() % 3 == 0 ? 1 : 20_000_000)
      let (a, b, c) = (Int(random.next() % 90), Int(random.next() % 90), Int(random.next() % 90))
      switch random.next() % 14 {
      case 0:
        host.apply(
          Event.clone(a, at: time, result: 0, pid: b, ptid: c, flags: flags[Int(random.next() % 8)], vtid: a, vpid: b))
      case 1: host.apply(Event.clone(a, at: time, result: b, pid: c, ptid: c, flags: flags[Int(random.next() % 8)]))
      case 2: host.apply(Event.execve(a, at: time, exe: "/x", pid: b, ptid: c, comm: "x"))
      case 3, 4: host.apply(Event.procexit(a, at: time, reaper: b % 3 == 0 ? -1 : b))
      case 5, 6: host.apply(Event.openat(a, at: time, fd: b - 2, directory: Int64(c), name: "../x/./\(c)"))
      case 7: host.apply(Event.close(a, at: time, fd: b))
      case 8: host.apply(Event.dup2(a, at: time, b, to: c))
      case 9: host.apply(Event.openatEntry(a, at: time, name: "/e"))
      case 10:
        host.apply(Event.closeRange(a, at: time, UInt32(min(b, c))...UInt32(max(b, c)), flags: UInt32(b % 2) * 4))
      case 11: host.apply(Event.connect(a, at: time, fd: b, tuple: Wire.tuple("1.2.3.4", 1, "5.6.7.8", 2)))
      case 12:
        host.apply(
          Event.make(.prctl, a, at: time) {
            $0.append(Int64(0)); $0.append(UInt32(36)); $0.appendEmpty(); $0.append(Int64(b % 2))
          })
      default:
        // Any type but those of the user table, which is meant to stay.
        let code = UInt16(random.next() % 460)
        guard !(354...361).contains(code) else { break }
        host.apply(
          Event.make(EventType(rawValue: code)!, a, at: time) {
            for _ in 0..<(c % 20) { b % 3 == 0 ? $0.appendEmpty() : $0.append(Int64(b)) }
          })
      }
    }
    for tid in 0..<90 { for _ in 0..<2 { host.apply(Event.procexit(tid, at: 1 << 60)) } }
    for tid in 0..<90 { for _ in 0..<2 { host.apply(Event.procexit(tid, at: 1 << 60)) } }
    host.apply(Event.make(.drop, 0, at: 1 << 60) { $0.append(UInt32(1)) })
    #expect(host.state.threads.count == 0)
    #expect(host.state.descriptors.count == 0)
    #expect(host.state.texts.bytesInUse == 0)
  }
}

struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
