/// A fixed number of plain values that begin as zero bytes; memory is used only for what was touched.
@safe struct Cells<Value: BitwiseCopyable>: ~Copyable {
  private let region: Region
  let count: Int

  /// - Precondition: All bits zero are a valid `Value`.
  init(count: Int) {
    self.count = count
    region = Region(reserving: count * MemoryLayout<Value>.stride)
  }

  @inline(__always) private func address(_ index: Int) -> UnsafeMutablePointer<Value> {
    precondition(index >= 0 && index < count, "a cell beyond the table")
    return unsafe (region.base + index &* MemoryLayout<Value>.stride).assumingMemoryBound(to: Value.self)
  }

  subscript(index: Int) -> Value {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(index)) }
    @inline(__always) unsafeMutableAddress { unsafe address(index) }
  }
}
