extension RuleDraft {
  /// The condition with the exceptions' values joined to it: `(C) and not E1 and not E2 …`.
  ///
  /// Values are put in as text, before list names are expanded and anything is parsed; so a value may name a list.
  var conditionWithExceptions: MappedText {
    guard !exceptions.isEmpty else { return condition }
    var text = MappedText()
    text.append("(", from: conditionPlace)
    text.append(condition)
    text.append(")", from: conditionPlace)
    for exception in exceptions where !exception.values.isEmpty {
      text.append(" and not ", from: exception.context.levels[exception.context.levels.count - 1].place)
      text.append(exception.conditionText)
    }
    return text
  }
}

extension ExceptionDraft {
  fileprivate var conditionText: MappedText {
    var text = MappedText()
    switch form {
    case .single:
      text.append("(\(fields[0].text) \(comparisons[0].text) (", from: fields[0].place)
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(", ", from: value.place) }
        text.append(value.text, from: value.place)
      }
      text.append("))", from: fields[0].place)
    case .tuple:
      text.append("(", from: fields.first?.place ?? values[0].place)
      for (index, value) in values.enumerated() {
        text.append(index > 0 ? " or (" : "(", from: value.place)
        appendTuple(value, to: &text)
        text.append(")", from: value.place)
      }
      text.append(")", from: fields.first?.place ?? values[0].place)
    }
    return text
  }

  private func appendTuple(_ tuple: ExceptionValue, to text: inout MappedText) {
    guard case .list(let elements, _) = tuple else { return }
    for (index, element) in elements.enumerated() {
      if index > 0 { text.append(" and ", from: element.place) }
      text.append("\(fields[index].text) \(comparisons[index].text) ", from: fields[index].place)
      let takesList = ExceptionComparison(comparisons[index].text)?.takesList ?? false
      let value = element.text
      text.append(takesList && !value.hasPrefix("(") ? "(\(value))" : value, from: element.place)
    }
  }
}

extension ExceptionValue {
  /// A scalar as an item of a condition; a list in parentheses.
  fileprivate var text: String {
    switch self {
    case .scalar(let word): ListExpansion.quotedIfNeeded(word.text)
    case .list(let values, _): "(" + values.map(\.text).joined(separator: ", ") + ")"
    }
  }
}
