/// Finds the word that was probably meant.
enum Spelling {
  /// The candidate with the fewest edits, if these are no more than a third of the text; the first by name of several.
  static func closest(to text: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, text.utf8.count / 3)
    var best: (distance: Int, name: String)?
    for candidate in candidates {
      guard abs(candidate.utf8.count - text.utf8.count) <= limit else { continue }
      let distance = edits(Array(text.utf8), Array(candidate.utf8))
      guard distance <= limit else { continue }
      if let found = best, (found.distance, found.name) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
  private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      before = last
      last = row
    }
    return last[b.count]
  }
}
