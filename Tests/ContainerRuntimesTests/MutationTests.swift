import ContainerRuntimes
import Glibc
import JSONText
import SystemState
import Testing

/// Answers with bytes changed, cut and doubled at random: whatever comes, it is read or refused. `make fuzz` goes deeper.
@Suite struct MutationTests {
  @Test(arguments: ["docker", "event", "cri", "pod", "containerd", "http2"])
  func damagedAnswersAreSurvived(name: String) throws {
    let seed = MutationTests.corpus(name)
    try #require(!seed.isEmpty)
    var random = Random(state: UInt64(seed.count))
    for _ in 0..<3000 {
      var bytes = seed
      for _ in 0...random.below(4) {
        guard !bytes.isEmpty else { break }
        let at = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[at] = UInt8(random.below(256))
        case 1: bytes.removeSubrange(at...)
        case 2: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 20)], at: at)
        default: bytes[at] ^= 1 << UInt8(random.below(8))
        }
      }
      for metadata in AnswerSurvey.read(bytes) {
        // What is kept can be told again.
        if metadata.id.isEmpty { continue }
        #expect(ContainerMetadata(eventPayload: try JSONValue(parsing: metadata.eventPayload)) != nil)
      }
    }
  }

  @Test(arguments: ["docker", "event", "cri", "containerd"])
  func theUndamagedAreRead(name: String) {
    #expect(!AnswerSurvey.read(MutationTests.corpus(name)).filter { !$0.name.isEmpty }.isEmpty)
  }

  private static func corpus(_ name: String) -> [UInt8] {
    let path = String(#filePath.dropLast("ContainerRuntimesTests/MutationTests.swift".count)) + "Fuzz/corpus/runtime/" + name
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  private struct Random {
    var state: UInt64
    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
  }
}
