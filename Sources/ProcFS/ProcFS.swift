public struct ProcFS: Sendable {}
