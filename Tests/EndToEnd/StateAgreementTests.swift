import FoundationEssentials
import Glibc
import Testing

/// The tables against /proc, after storms of forks, execs, threads and descriptors: Tests/StateChecker.
@Suite(.serialized)
struct StateAgreementTests {
  /// Twelve seconds each.
  @Test(
    .disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")),
    arguments: zip([1, 2, 3, 4], ["modern_ebpf", "modern_ebpf", "ebpf", "ptrace"]))
  func theTablesAgreeWithProcAfterAStorm(seed: Int, driver: String) throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let (code, said) = try check(seed, driver, in: root)
    #expect(code == 0, Comment(rawValue: said))
    #expect(said.contains(" facts compared, 0 differ"))
  }

  private func check(_ seed: Int, _ driver: String, in root: String) throws -> (Int32?, String) {
    var checker = try ChildProcess(
      ["\(Locations.products)/StateChecker", "\(Locations.products)/TracePrograms", "\(seed)", "4", driver], in: root,
      log: "\(root)/checker")
    let code = checker.exitCode(within: .seconds(120))
    return (code, checker.output() + checker.errors())
  }
}
