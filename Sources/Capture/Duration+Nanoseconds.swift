extension Duration {
  /// Clamped to what 64 bits hold; negative counts as zero.
  public var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return seconds > 4_000_000_000
      ? 4_000_000_000 * 1_000_000_000 : UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
