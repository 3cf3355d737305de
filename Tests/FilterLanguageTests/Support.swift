import FilterLanguage

/// The canonical text of a condition, or the message of its error.
func canonical(_ condition: String) -> String {
  do throws(SyntaxError) { return try parse(condition).canonicalText } catch { return "error: \(error.message)" }
}

func parse(_ condition: String) throws(SyntaxError) -> Expression { try Expression(parsing: Array(condition.utf8)) }

func failure(_ condition: String) -> SyntaxError? {
  do throws(SyntaxError) {
    _ = try parse(condition)
    return nil
  } catch {
    return error
  }
}

func check(_ condition: String) throws -> Check {
  guard case .check(let check) = try parse(condition) else { throw NoCheck() }
  return check
}

struct NoCheck: Error {}

/// A small generator with a fixed sequence, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
