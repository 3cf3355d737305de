import CaptureTesting
import EventSchema
import Testing

@testable import SystemState

/// After a storm, memory is what it was before: as the kernel counts it, page by page.
@Suite struct MemoryReturnTests {
  /// As the event loop does it, for two minutes of a clock that only goes forward.
  private func settle(_ host: inout Host, from minute: Int = 0) {
    for step in 1...1200 { host.state.returnMemory(at: UInt64(minute) * 60_000_000_000 + UInt64(step) * 100_000_000) }
  }

  /// A host with 300 processes that have 20 descriptors each: what a small server has.
  private func populated() -> Host {
    var host = Host.withShell()
    for pid in 1000..<1300 {
      host.apply(Event.clone(100, at: 5, result: pid, ptid: 1))
      host.apply(
        Event.execve(pid, at: 6, exe: "/usr/sbin/daemon\(pid)", arguments: ["--number", "\(pid)"], ptid: 100, comm: "d"))
      for fd in 3..<23 { host.apply(Event.openat(pid, at: 7, fd: fd, name: "/var/lib/daemon/\(pid)/file\(fd)")) }
    }
    return host
  }

  private func expectReturn(_ host: inout Host, to before: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let peak = host.state.residentBytes
    settle(&host, from: 2)
    let after = host.state.residentBytes
    #expect(peak > before * 2, "the storm was none: \(before) to \(peak)", sourceLocation: sourceLocation)
    // Of each table 64 to 128 KiB may lie idle in any case: little of a process, much of these tables alone.
    #expect(after <= before + before / 10 + (192 << 10), "\(before) before, \(peak) at most, \(after) after", sourceLocation: sourceLocation)
  }

  @Test func aForkBombGivesItsMemoryBack() {
    var host = populated()
    settle(&host)
    let before = host.state.residentBytes
    for round in 0..<200_000 {
      let pid = 2000 + round
      host.apply(Event.clone(round == 0 ? 100 : pid - 1 - round / 2, at: 10, result: pid, ptid: 1))
      host.apply(Event.clone(pid, at: 10, result: 0, ptid: round == 0 ? 100 : pid - 1 - round / 2))
    }
    #expect(host.state.threads.count > 200_000)
    for round in 0..<200_000 { host.apply(Event.procexit(2000 + round, at: 20)) }
    host.apply(Event.read(100, at: 21, fd: 0))
    #expect(host.state.threads.count < 400)
    expectReturn(&host, to: before)
  }

  @Test func openDescriptorsAndLongTextsGiveTheirMemoryBack() {
    var host = populated()
    settle(&host)
    let before = host.state.residentBytes
    var tail = String(repeating: "x", count: 40)
    for pid in 1000..<1200 {
      tail = String(repeating: "x", count: 40 + (pid * 37) % 900)
      for fd in 100..<1100 { host.apply(Event.openat(pid, at: 10, fd: fd, name: "/data/\(fd)/\(tail)")) }
    }
    #expect(host.state.descriptors.count > 200_000)
    for pid in 1000..<1200 { for fd in 100..<1100 { host.apply(Event.close(pid, at: 20, fd: fd)) } }
    host.apply(Event.read(100, at: 21, fd: 0))
    expectReturn(&host, to: before)
  }

  /// What is left after a storm must still be right when its neighbours' pages have gone.
  @Test func whatSurvivesKeepsItsTextsWhenPagesAroundItGo() {
    var host = Host.withShell()
    func exe(_ pid: Int) -> String { "/opt/" + String(repeating: "p\(pid)", count: 1 + pid % 60) }
    for pid in 2000..<42_000 {
      host.apply(Event.clone(100, at: 10, result: pid, ptid: 1))
      host.apply(Event.execve(pid, at: 11, exe: exe(pid), ptid: 100, comm: "c\(pid)"))
      host.apply(Event.openat(pid, at: 12, fd: 3, name: "/tmp/\(pid)"))
    }
    for pid in 2000..<42_000 where pid % 97 != 0 { host.apply(Event.procexit(pid, at: 20)) }
    host.apply(Event.read(100, at: 21, fd: 0))
    settle(&host)
    func check() {
      for pid in 2000..<42_000 where pid % 97 == 0 {
        let slot = host.state.threads.find(Int32(pid))
        #expect(slot != Slot.none)
        guard slot != Slot.none else { return }
        #expect(host.text(host.state.threads[slot].comm) == "c\(pid)")
        #expect(host.text(host.state.threads[slot].exe) == exe(pid))
        let descriptor = host.state.descriptors.find(host.state.threads.files(of: slot), 3)
        #expect(descriptor != Slot.none && host.text(host.state.descriptors[descriptor].name) == "/tmp/\(pid)")
      }
    }
    check()
    // New ones in the places that were given back.
    for pid in 50_000..<90_000 {
      host.apply(Event.clone(100, at: 30, result: pid, ptid: 1))
      host.apply(Event.execve(pid, at: 31, exe: exe(pid), ptid: 100, comm: "n"))
    }
    check()
    for pid in 50_000..<90_000 {
      let slot = host.state.threads.find(Int32(pid))
      #expect(slot != Slot.none && host.text(host.state.threads[slot].exe) == exe(pid))
    }
  }

  /// A load that comes and goes within seconds keeps its memory: giving and taking would cost more.
  @Test func aLoadThatComesAndGoesKeepsItsMemory() {
    var host = populated()
    for step in 1...30 {
      for fd in 100..<2100 { host.apply(Event.openat(1000, at: 10, fd: fd, name: "/data/\(fd)")) }
      let full = host.state.residentBytes
      for fd in 100..<2100 { host.apply(Event.close(1000, at: 20, fd: fd)) }
      host.state.returnMemory(at: UInt64(step) * 1_000_000_000)
      #expect(host.state.residentBytes >= full)
    }
  }

  @Test func anIdleThreadTakesLessThanAKibibyte() {
    var host = populated()
    settle(&host)
    let before = host.state.residentBytes
    for round in 0..<50_000 {
      host.apply(Event.clone(1000, at: 10, result: 2000 + round, pid: 1000, ptid: 100, flags: 1 << 13 | 1))
    }
    #expect(host.state.threads.count > 50_000)
    #expect((host.state.residentBytes - before) / 50_000 < 1024)
  }
}

/// The set that tells what is free, against Swift's own.
@Suite struct BitSetTests {
  @Test(arguments: [1, 63, 64, 65, 4096, 4097, 262_144, 300_000])
  func itAgreesWithAnOrdinarySet(capacity: Int) {
    var random = SplitMix(state: UInt64(capacity))
    var sets = BitSets(sets: 2, capacity: capacity)
    var model: Set<Int> = []
    for _ in 0..<3000 {
      let number = Int(random.next() % UInt64(capacity))
      if random.next() % 2 == 0 {
        sets.insert(number, in: 1)
        model.insert(number)
      } else {
        sets.remove(number, in: 1)
        model.remove(number)
      }
      #expect(sets.contains(number, in: 1) == model.contains(number))
    }
    #expect(sets.lowest(of: 0) == nil)
    let sorted = model.sorted()
    #expect(sets.lowest(of: 1) == sorted.first)
    var walked: [Int] = []
    var at = sets.next(from: 0, below: capacity, in: 1, isMember: true)
    while at < capacity {
      walked.append(at)
      at = sets.next(from: at + 1, below: capacity, in: 1, isMember: true)
    }
    #expect(walked == sorted)
    #expect(sets.next(from: 0, below: capacity, in: 1, isMember: false) == (0..<capacity).first { !model.contains($0) } ?? capacity)
    while let lowest = sets.lowest(of: 1) {
      #expect(lowest == model.min())
      sets.remove(lowest, in: 1)
      model.remove(lowest)
    }
    #expect(model.isEmpty)
  }
}
