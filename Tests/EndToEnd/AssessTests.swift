import FoundationEssentials
import Glibc
import Testing

/// What `windhover driver assess --json` promises to machines.
private struct Report: Decodable {
  struct Driver: Decodable {
    var driver: String
    var usable: String
    var obstacles: [Obstacle]
  }
  struct Obstacle: Decodable {
    var code: String
    var problem: String
    var remedy: String
  }
  var kernel: String
  var architecture: String
  var `default`: String?
  var drivers: [Driver]
  var facts: [String: Fact]
}

/// Any JSON value; facts are of many types.
private enum Fact: Decodable, Equatable {
  case null
  case flag(Bool)
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .other
    }
  }
}

extension EndToEndTests {
  private func assess(_ prefix: [String]) throws -> (code: Int32?, report: Report) {
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    var process = try ChildProcess(prefix + [Locations.windhover, "driver", "assess", "--json"], in: root, log: "\(root)/assess")
    let code = process.exitCode(within: .seconds(20))
    return (code, try JSONDecoder().decode(Report.self, from: Data(process.output().utf8)))
  }

  @Test func theAssessmentHasItsPromisedKeys() throws {
    let (code, report) = try assess([])
    #expect(report.drivers.map(\.driver) == ["modern_ebpf", "ebpf", "kmod", "ptrace"])
    for driver in report.drivers {
      #expect(["yes", "no", "unknown"].contains(driver.usable))
      #expect(driver.obstacles.isEmpty == (driver.usable == "yes"), "\(driver.driver)")
      for obstacle in driver.obstacles {
        #expect(!obstacle.code.isEmpty && !obstacle.problem.isEmpty && !obstacle.remedy.isEmpty)
      }
    }
    #expect(code == (report.drivers.contains { $0.usable == "yes" } ? 0 : report.drivers.contains { $0.usable == "unknown" } ? 2 : 1))
    for key in [
      "btf", "capabilities_effective", "capabilities_bounding", "user", "lockdown", "module_support", "modules_disabled",
      "module_signatures_enforced", "module_loaded", "unprivileged_bpf_disabled", "perf_event_paranoid",
      "yama_ptrace_scope", "seccomp_mode", "seccomp_filters", "blocked_calls", "no_new_privileges", "container",
      "container_signs", "pid_namespace", "user_namespace", "tracefs", "kernel_headers", "built", "unreadable",
    ] { #expect(report.facts[key] != nil, "\(key)") }
  }

  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")))
  func whatIsHiddenIsUnknown() throws {
    if let obstacle = Host.obstacle {
      Issue.record(Comment(rawValue: obstacle))
      return
    }
    // A folder of nothing over /sys, in a mount namespace of its own.
    let hidden = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs none /sys && exec \"$@\"", "sh"]
    let (_, report) = try assess(hidden)
    #expect(report.facts["btf"] == .null)
    let modern = try #require(report.drivers.first { $0.driver == "modern_ebpf" })
    #expect(modern.usable == "unknown")
    #expect(modern.obstacles.map(\.code) == ["cannot_tell"])
    #expect(modern.obstacles.first?.problem.contains("/sys/kernel/btf/vmlinux") == true)
  }
}
