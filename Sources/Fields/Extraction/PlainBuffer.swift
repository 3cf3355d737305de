/// A fixed number of plain values that change often, or are read at every step, in memory of their own.
///
/// An `Array` asks before each write whether someone else holds it, and that question costs as much as looking up a
/// field does (measured: 4 of 12 ns); each reading loads where its elements are and how many. Belongs to one owner.
@safe
public struct PlainBuffer<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int

  public init(repeating element: Element, count: Int) {
    unsafe base = .allocate(capacity: max(count, 1))
    unsafe base.initialize(repeating: element, count: max(count, 1))
    self.count = count
  }

  /// - Parameter elements: Copied.
  public init(_ elements: [Element]) {
    unsafe base = .allocate(capacity: max(elements.count, 1))
    for (index, element) in elements.enumerated() { unsafe (base + index).initialize(to: element) }
    count = elements.count
  }

  @inlinable deinit { unsafe base.deallocate() }

  @inlinable public subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a position beyond the buffer")
      return unsafe base[index]
    }
    @inline(__always) set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a position beyond the buffer")
      unsafe base[index] = newValue
    }
  }
}

extension PlainBuffer where Element == UInt8 {
  /// Part of a buffer of bytes.
  @inlinable @inline(__always) @_lifetime(borrow self)
  public func bytes(_ start: Int, _ count: Int) -> RawSpan {
    precondition(start >= 0 && count >= 0 && start &+ count <= self.count, "bytes beyond the buffer")
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base) + start, byteCount: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}
