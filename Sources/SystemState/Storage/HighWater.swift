/// Decides when a table gives memory back: when it has not needed much of it for a whole period.
///
/// A table whose use goes up and down within a period keeps its memory, as giving it back and taking it again costs
/// more than having it.
struct HighWater {
  /// The highest use since the period began.
  private(set) var peak = 0
  /// Up to what use memory may be backed.
  private var touched = 0

  @inline(__always) mutating func note(_ use: Int) { if use > peak { peak = use } }

  /// - Parameters:
  ///   - use: What is in use now.
  ///   - slack: How much may lie idle in any case.
  /// - Returns: Whether memory beyond the period's peak is to be given back.
  mutating func endPeriod(use: Int, slack: Int) -> Bool {
    touched = max(touched, peak)
    let isWorthIt = touched - peak > max(slack, touched / 32)
    if isWorthIt { touched = peak }
    peak = use
    return isWorthIt
  }
}
