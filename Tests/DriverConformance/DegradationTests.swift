import Capture
import EventSchema
import Glibc
@testable import ModernBPFDriver
import Testing

extension Conformance {
  /// A program that the verifier refuses, for real: the driver's own object, one instruction of one program changed.
  /// Of the modern eBPF driver only: it is the one whose object a test can change.
  @Suite struct DegradationTests {
    /// What the driver says of refused programs, from its callback.
    private final class Refusals: @unchecked Sendable {
      private(set) var all: [(program: String, reason: String)] = []
      func add(_ program: String, _ reason: String) { all.append((program, reason)) }
    }

    @Test func aRefusedProgramCostsItsOwnEventsOnly() throws {
      let object = try ELFObject.driver().breaking(program: "x_mkdir")
      let refusals = Refusals()
      var options = CaptureOptions()
      options.loadable = Interest(events: EventTypeSet([.mkdir, .rmdir, .openat, .execve]))
      options.onDegraded = { if $0 != CaptureOptions.ringsAreDegraded { refusals.add($0, $1) } }
      var driver = try unsafe object.withBytes { try unsafe ModernBPFDriver(opening: options, object: $0) }

      #expect(refusals.all.map(\.program) == ["x_mkdir"])
      let reason = try #require(refusals.all.first).reason
      #expect(reason.contains("R9 !read_ok"), "the verifier's own words: \(reason)")
      #expect(reason.contains("processed ") && reason.contains("libbpf: prog 'x_mkdir'"), "\(reason)")
      #expect(reason.split(separator: "\n").count <= 10)
      #expect(!driver.loaded.contains(.mkdir) && driver.loaded.contains(.rmdir))

      try driver.capture(options.loadable)
      let path = "/tmp/windhover-degraded-\(getpid())"
      let rounds = 50
      for _ in 0..<rounds {
        #expect(mkdir(path, 0o700) == 0)
        close(open(path, O_RDONLY | O_DIRECTORY))
        #expect(rmdir(path) == 0)
      }
      try driver.capture(.none)
      var removed = 0, opened = 0, made = 0
      while true {
        var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
        var isEmpty = true
        while let event = try batch.next() {
          isEmpty = false
          guard event.type == .mkdir || has(event, path) else { continue }
          switch event.type {
          case .mkdir: made += 1
          case .rmdir: removed += 1
          case .openat: opened += 1
          default: break
          }
        }
        if isEmpty { break }
      }
      #expect(removed == rounds && opened == rounds && made == 0)
      let lost = try driver.statistics().lost
      // Others on this machine may make directories as well.
      #expect(lost.programMissing >= UInt64(rounds), "\(lost)")
      #expect(lost.total == lost.programMissing)
    }

    @Test func severalRefusedProgramsAreEachNamed() throws {
      let object = try ELFObject.driver().breaking(program: "x_rmdir").breaking(program: "t_signaldeliver")
      let refusals = Refusals()
      var options = CaptureOptions()
      options.loadable = Interest(events: EventTypeSet([.mkdir, .rmdir, .signaldeliver]))
      options.onDegraded = { if $0 != CaptureOptions.ringsAreDegraded { refusals.add($0, $1) } }
      let driver = try unsafe object.withBytes { try unsafe ModernBPFDriver(opening: options, object: $0) }
      #expect(Set(refusals.all.map(\.program)) == ["x_rmdir", "t_signaldeliver"])
      #expect(driver.loaded.types == [.mkdir])
    }

    @Test func aRefusedDispatcherMakesOpeningFail() throws {
      let object = try ELFObject.driver().breaking(program: "wh_sys_exit")
      var options = CaptureOptions()
      options.loadable = Interest(events: EventTypeSet([.mkdir]))
      let error = #expect(throws: CaptureError.self) {
        _ = try unsafe object.withBytes { try unsafe ModernBPFDriver(opening: options, object: $0) }
      }
      guard case .refused(let program, let errno, let log)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(program == "wh_sys_exit" && errno == EACCES && log.contains("R9 !read_ok"))
    }

    private func has(_ event: borrowing EventView, _ path: String) -> Bool {
      let position = event.type == .openat ? 2 : 1
      let text = event.text(position)
      let wanted = Array(path.utf8)
      guard text.byteCount == wanted.count else { return false }
      for index in 0..<wanted.count
      where unsafe text.unsafeLoad(fromByteOffset: index, as: UInt8.self) != wanted[index] {
        return false
      }
      return true
    }
  }
}
