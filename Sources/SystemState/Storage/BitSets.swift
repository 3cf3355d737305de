/// Several sets of small numbers, each of which tells its lowest member in a few loads.
///
/// Three levels of words per set: a bit per number, a bit per word that is not zero, and the same once more. Memory is
/// used only for words that were touched. What is free in a table is kept here and not in the free entries
/// themselves, so that their pages can go back to the system.
struct BitSets: ~Copyable {
  private var words: Cells<UInt64>
  let capacity: Int
  /// Words per set, and where in a set the second and third level begin.
  private let stride: Int
  private let second: Int
  private let third: Int

  init(sets: Int = 1, capacity: Int) {
    self.capacity = capacity
    second = (capacity + 63) / 64
    third = second + (second + 63) / 64
    stride = third + (third - second + 63) / 64
    words = Cells(count: sets * stride)
  }

  @inline(__always) func contains(_ number: Int, in set: Int = 0) -> Bool {
    words[set &* stride &+ number >> 6] & (1 << UInt64(number & 63)) != 0
  }

  /// The lowest member, or `nil` of an empty set.
  @inline(__always) func lowest(of set: Int = 0) -> Int? {
    let base = set &* stride
    var top = third
    while words[base &+ top] == 0 {
      top &+= 1
      if top == stride { return nil }
    }
    let middle = (top &- third) << 6 | words[base &+ top].trailingZeroBitCount
    let word = middle << 6 | words[base &+ second &+ middle].trailingZeroBitCount
    return word << 6 | words[base &+ word].trailingZeroBitCount
  }

  @inline(__always) mutating func insert(_ number: Int, in set: Int = 0) {
    let base = set &* stride
    let (word, middle) = (number >> 6, number >> 12)
    words[base &+ word] |= 1 << UInt64(number & 63)
    words[base &+ second &+ middle] |= 1 << UInt64(word & 63)
    words[base &+ third &+ number >> 18] |= 1 << UInt64(middle & 63)
  }

  @inline(__always) mutating func remove(_ number: Int, in set: Int = 0) {
    let base = set &* stride
    let (word, middle) = (number >> 6, number >> 12)
    words[base &+ word] &= ~(1 << UInt64(number & 63))
    guard words[base &+ word] == 0 else { return }
    words[base &+ second &+ middle] &= ~(1 << UInt64(word & 63))
    guard words[base &+ second &+ middle] == 0 else { return }
    words[base &+ third &+ number >> 18] &= ~(1 << UInt64(middle & 63))
  }

  /// Removes the members below `end`.
  mutating func removeAll(below end: Int, in set: Int) {
    var number = next(from: 0, below: end, in: set, isMember: true)
    while number < end {
      remove(number, in: set)
      number = next(from: number + 1, below: end, in: set, isMember: true)
    }
  }

  /// The first number from `start` on that is a member, or is none; `end` if there is none before.
  func next(from start: Int, below end: Int, in set: Int = 0, isMember: Bool) -> Int {
    var number = start
    while number < end {
      let word = words[set &* stride &+ number >> 6]
      let wanted = (isMember ? word : ~word) >> UInt64(number & 63)
      if wanted != 0 { return min(end, number + wanted.trailingZeroBitCount) }
      number = (number | 63) + 1
    }
    return end
  }
}
