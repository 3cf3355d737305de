import Testing

@testable import BPFLoader

@Suite struct LaneTests {
  @Test(arguments: [
    ("0\n", [0]), ("0-1\n", [0, 1]), ("0-3,8\n", [0, 1, 2, 3, 8]), ("2,4-5,7", [2, 4, 5, 7]), ("", []), ("\n", []),
    ("3-1\n", []), ("1-\n", []), ("-1\n", []), (",1\n", []), ("1--2\n", []), ("0-1-2\n", []), ("nonsense\n", []),
    ("99999999999999999999\n", []),
  ])
  func listsOfCPUs(_ text: String, _ expected: [Int]) { #expect(cpuList(text.utf8) == expected) }

  @Test(arguments: [256 << 10, 4 << 20]) func aRecordNeverLeavesItsLane(_ ringBytes: Int) {
    let layout = LaneLayout(ringBytes: ringBytes)
    let last = layout.pageBytes + layout.dataOffset + ringBytes - 8
    // A record that begins just before the ring's end may write this much: WH_LANE_ROOM.
    #expect(last + 16 + 2 * 65_536 + 64 <= layout.valueBytes)
    #expect(layout.dataOffset % layout.pageBytes == 0 && layout.valueBytes % layout.pageBytes == 0)
    #expect(layout.dataOffset >= 4_096 + 256)
  }
}
