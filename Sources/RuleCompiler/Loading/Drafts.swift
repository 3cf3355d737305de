internal import FilterLanguage

/// A list as the files read so far define it.
struct ListDraft: Sendable {
  var name: String
  var items: [String]
  var context: ItemContext
}

/// A macro as the files read so far define it.
struct MacroDraft: Sendable {
  var name: String
  var condition: MappedText
  /// Leads to the macro; its condition is one level deeper.
  var context: ItemContext
  var conditionPlace: Place
  /// The number of the item that defined it first. It is visible to macros whose ``lastItem`` is later.
  var firstItem: Int
  /// The number of the item that last defined it or appended to it.
  var lastItem: Int
  var textID: TextID
}

/// A rule as the files read so far define it.
struct RuleDraft: Sendable {
  var name: String
  var condition: MappedText
  var conditionPlace: Place
  var output: MappedText
  var outputPlace: Place
  var description: String
  var priority: Priority
  var source = "syscall"
  /// Sorted, without duplicates.
  var tags: [String] = []
  var isEnabled = true
  var exceptions: [ExceptionDraft] = []
  var capture = false
  /// In milliseconds; 0 stands for the configuration's value.
  var captureDuration: UInt64 = 0
  var warnsAboutEventTypes = true
  var skipsIfUnknownField = false
  /// Leads to the rule's latest full definition.
  var context: ItemContext
  var conditionID: TextID
  var outputID: TextID
}

/// A scalar and where it stands.
struct Word: Sendable {
  var text: String
  var place: Place
}

/// An exception of a rule, checked, with the defaults filled in.
struct ExceptionDraft: Sendable {
  /// The two ways to write an exception.
  enum Form: Sendable {
    /// `fields` is one name, and the values are a flat list.
    case single
    /// `fields` is a list, and every value has as many elements.
    case tuple
  }

  var name: String
  var form: Form
  var fields: [Word]
  /// As many as ``fields``.
  var comparisons: [Word]
  var values: [ExceptionValue]
  var context: ItemContext
}

indirect enum ExceptionValue: Sendable {
  case scalar(Word)
  case list([ExceptionValue], Place)

  var place: Place {
    switch self {
    case .scalar(let word): word.place
    case .list(_, let place): place
    }
  }
}
