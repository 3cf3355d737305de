struct ThreadLookup {}
extension SystemState {
  mutating func readThread(_ tid: Int32) -> UInt32 { Slot.none }
  mutating func readDescriptor(_ number: Int64) {}
}
