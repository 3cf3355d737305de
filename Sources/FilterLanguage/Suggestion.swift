/// Finds what a misspelt name was meant to be.
public enum Suggestion {
  /// Returns the candidate nearest to `word`, or nil if none is near enough to be worth showing.
  ///
  /// Near enough means at most one edit per three letters, two for short words whose letters were merely swapped.
  /// Among equals the alphabetically first wins, so that messages do not change from run to run.
  public static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(word.utf8)
    guard !letters.isEmpty, letters.count <= 128 else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates where candidate != word {
      let other = Array(candidate.utf8)
      let limit = min(best.map(\.distance) ?? Int.max, max(1, max(letters.count, other.count) / 3))
      guard abs(other.count - letters.count) <= limit else { continue }
      let distance = editDistance(letters, other)
      guard distance <= limit else { continue }
      if let best, distance == best.distance, best.candidate <= candidate { continue }
      best = (candidate, distance)
    }
    return best?.candidate
  }

  /// Counts insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var row = last
    for i in 0..<a.count {
      row[0] = i + 1
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (lowercase(a[i]) == lowercase(b[j]) ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row[j + 1] = cost
      }
      (beforeLast, last, row) = (last, row, beforeLast)
    }
    return last[b.count]
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
}
