/// A fixed number of plain values that change often, in memory of their own.
///
/// An `Array` asks before each write whether someone else holds it, and that question costs as much as looking up a
/// field does (measured: 4 of 12 ns).
@safe
struct PlainBuffer<Element: BitwiseCopyable>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  init(repeating element: Element, count: Int) {
    unsafe base = .allocate(capacity: max(count, 1))
    unsafe base.initialize(repeating: element, count: max(count, 1))
    self.count = count
  }

  deinit { unsafe base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(index >= 0 && index < count, "a position beyond the buffer")
      return unsafe base[index]
    }
    @inline(__always) set {
      precondition(index >= 0 && index < count, "a position beyond the buffer")
      unsafe base[index] = newValue
    }
  }
}
