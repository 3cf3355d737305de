import EventSchema
import Testing

@Suite struct SetTests {
  @Test func aSetHoldsWhatWasInserted() {
    var set = EventTypeSet([.openat, .asyncevent])
    #expect(set.contains(.openat) && set.contains(.asyncevent))
    #expect(!set.contains(.openat_enter) && !set.contains(.open))
    #expect(set.count == 2)
    #expect(set.types == [.openat, .asyncevent])
    set.remove(.openat)
    #expect(set.types == [.asyncevent])
    set.remove(.asyncevent)
    #expect(set.isEmpty)
  }

  @Test func setsUniteIntersectAndSubtract() {
    let a = EventTypeSet([.open, .openat]), b = EventTypeSet([.openat, .execve])
    #expect(a.union(b) == EventTypeSet([.execve, .openat, .open]))
    var both = a
    both.formIntersection(b)
    #expect(both.types == [.openat])
    var rest = a
    rest.subtract(b)
    #expect(rest.types == [.open])
    #expect(a != b)
  }

  @Test func codesBeyondTheSchemaAreInNoSet() {
    let code = EventType(rawValue: 40_000)!
    var set = EventTypeSet.all
    #expect(!set.contains(code))
    set.remove(code)
    #expect(set == .all)
    #expect(!SyscallSet.all.contains(SyscallCode(rawValue: 40_000)!))
  }

  @Test func setsOfCallsGoByPortableCode() {
    var set = SyscallSet([.getpid])
    #expect(set.contains(.getpid) && !set.contains(.openat))
    set.formUnion(SyscallSet([.openat]))
    #expect(set == SyscallSet([.openat, .getpid]))
    set.remove(.openat)
    set.remove(.getpid)
    #expect(set.isEmpty)
    #expect(SyscallSet.all.contains(.execve))
  }
}
