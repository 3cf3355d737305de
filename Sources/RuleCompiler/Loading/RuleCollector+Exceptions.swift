internal import FilterLanguage
internal import YAML

extension RuleCollector {
  /// A `fields` or `comps` value: one scalar, or a list of them.
  private struct Words {
    var form: ExceptionDraft.Form
    var words: [Word]
  }

  /// Reads the exceptions of a definition, or of an override that replaces them.
  mutating func exceptions(_ item: ItemReader, source: String) throws(Diagnostic) -> [ExceptionDraft] {
    var exceptions: [ExceptionDraft] = []
    for reader in try exceptionReaders(item) {
      let name = try reader.string("name")
      if exceptions.contains(where: { $0.name == name }) {
        report(
          reader.problem(.exceptionNameNotUnique, "The rule has more than one exception named '\(name)'"))
      }
      exceptions.append(try definition(of: name, reader, source: source))
    }
    return exceptions
  }

  /// Adds values to exceptions that exist, and exceptions that do not.
  mutating func appendExceptions(to rule: inout RuleDraft, _ item: ItemReader) throws(Diagnostic) {
    for reader in try exceptionReaders(item) {
      let name = try reader.string("name")
      guard let index = rule.exceptions.firstIndex(where: { $0.name == name }) else {
        guard reader.has("fields") else {
          throw reader.problem(
            .validate, "Exception '\(name)' is new to the rule, so it needs 'fields'",
            hint: didYouMean(name, among: rule.exceptions.map(\.name)))
        }
        guard reader.has("values") else {
          throw reader.problem(.validate, "Exception '\(name)' is new to the rule, so it needs 'values'")
        }
        rule.exceptions.append(try definition(of: name, reader, source: rule.source))
        continue
      }
      for key in ["fields", "comps"] where reader.has(key) {
        throw reader.problem(
          .validate, "Exception '\(name)' exists already; only 'values' can be added, not '\(key)'")
      }
      guard reader.has("values") else {
        report(
          reader.problem(.appendNoValues, "Nothing is added to exception '\(name)': it has no 'values' here"))
        continue
      }
      var exception = rule.exceptions[index]
      let added = try values(reader)
      try check(added, for: exception, reader)
      exception.values += added
      rule.exceptions[index] = exception
    }
  }

  private func exceptionReaders(_ item: ItemReader) throws(Diagnostic) -> [ItemReader] {
    guard let node = item.node["exceptions"], !node.isNull else { return [] }
    guard let entries = node.elements else {
      throw item.problem(
        .yamlValidate, "'exceptions' must be a sequence, not \(node.kindName)", in: "exceptions", at: node)
    }
    var container = item
    container.context = item.context.adding(.exceptions, "", at: item.place(of: node))
    var readers: [ItemReader] = []
    for entry in entries {
      let reader = container.entering(entry, .exception, entry["name"]?.string ?? "")
      guard entry.isMapping else {
        throw reader.problem(.yamlValidate, "An exception must be a mapping, not \(entry.kindName)")
      }
      readers.append(reader)
    }
    return readers
  }

  private func definition(
    of name: String, _ reader: ItemReader, source: String
  ) throws(Diagnostic) -> ExceptionDraft {
    guard let fields = try words("fields", reader) else {
      throw reader.problem(.validate, "Exception '\(name)' has no 'fields'")
    }
    var comparisons = try words("comps", reader)
    if let given = comparisons, given.form != fields.form {
      let form = fields.form == .single ? "a string" : "a list"
      throw reader.problem(
        .validate, "Exception '\(name)': 'fields' is \(form), so 'comps' must be \(form), too")
    }
    let standard = fields.form == .single ? "in" : "="
    if comparisons == nil {
      comparisons = Words(
        form: fields.form, words: fields.words.map { Word(text: standard, place: $0.place) })
    }
    let operators = comparisons?.words ?? []
    guard operators.count == fields.words.count else {
      throw reader.problem(
        .validate,
        "Exception '\(name)': 'fields' has \(fields.words.count) elements and 'comps' \(operators.count)",
        hint: "give one operator for each field")
    }
    for (field, comparison) in zip(fields.words, operators) {
      try check(comparison, in: name, form: fields.form, reader)
      try check(field, in: name, source: source, reader)
    }
    var exception = ExceptionDraft(
      name: name, form: fields.form, fields: fields.words, comparisons: operators, values: [],
      context: reader.context)
    if let node = reader.node["values"], !node.isNull {
      let given = try values(reader)
      try check(given, for: exception, reader)
      exception.values = given
    }
    return exception
  }

  private func words(_ key: String, _ reader: ItemReader) throws(Diagnostic) -> Words? {
    guard let node = try reader.optional(key) else { return nil }
    guard let elements = node.elements else {
      return Words(form: .single, words: [Word(text: try reader.text(node, key), place: reader.place(of: node))])
    }
    var words: [Word] = []
    for element in elements {
      words.append(Word(text: try reader.text(element, key), place: reader.place(of: element)))
    }
    return Words(form: .tuple, words: words)
  }

  private func values(_ reader: ItemReader) throws(Diagnostic) -> [ExceptionValue] {
    guard let node = reader.node["values"], !node.isNull else { return [] }
    guard let elements = node.elements else {
      throw reader.problem(.yamlValidate, "Wanted is a sequence, found \(node.kindName)", in: "values", at: node)
    }
    var values: [ExceptionValue] = []
    for element in elements { values.append(try value(element, reader)) }
    return values
  }

  private func value(_ node: YAMLNode, _ reader: ItemReader) throws(Diagnostic) -> ExceptionValue {
    if let text = node.string { return .scalar(Word(text: text, place: reader.place(of: node))) }
    guard let elements = node.elements else {
      throw reader.problem(
        .yamlValidate, "Exception values must be scalars or lists of them, not \(node.kindName)", in: "values",
        at: node)
    }
    var values: [ExceptionValue] = []
    for element in elements { values.append(try value(element, reader)) }
    return .list(values, reader.place(of: node))
  }

  // Checks.

  private func check(
    _ values: [ExceptionValue], for exception: ExceptionDraft, _ reader: ItemReader
  ) throws(Diagnostic) {
    for value in values {
      let context = reader.context.adding(.exceptionValue, "", at: value.place)
      switch (exception.form, value) {
      case (.single, .scalar): continue
      case (.single, .list):
        throw files.diagnostic(
          .validate, "Exception '\(exception.name)': a list stands where a single value is wanted",
          hint: "'fields' is a string, so every value must be a scalar", in: context)
      case (.tuple, .scalar):
        throw files.diagnostic(
          .validate, "Exception '\(exception.name)': 'fields' is a list, so every value must be one, too", in: context)
      case (.tuple, .list(let elements, _)):
        guard elements.count == exception.fields.count else {
          throw files.diagnostic(
            .validate,
            "Exception '\(exception.name)': \(exception.fields.count) fields, but "
              + "\(elements.count) values for them", in: context)
        }
      }
    }
  }

  private func check(
    _ comparison: Word, in name: String, form: ExceptionDraft.Form, _ reader: ItemReader
  ) throws(Diagnostic) {
    let parsed = ExceptionComparison(comparison.text)
    if let parsed, form == .tuple || parsed.takesList { return }
    let operators = ComparisonOperator.allCases.map(\.rawValue)
    let hint =
      form == .single
      ? "with one field, it must be in, intersects, pmatch, or an operator with oneof, anyof or allof"
      : didYouMean(comparison.text, among: operators)
    throw files.diagnostic(
      .validate, "Exception '\(name)': '\(comparison.text)' is no operator that can be used here",
      hint: hint, in: reader.context.movingLast(to: comparison.place))
  }

  private func check(_ field: Word, in name: String, source: String, _ reader: ItemReader) throws(Diagnostic) {
    let context = reader.context.movingLast(to: field.place)
    let check: Check
    do throws(SyntaxError) {
      guard case .check(let parsed) = try Expression(parsing: Array("\(field.text) exists".utf8)) else {
        throw SyntaxError(.expected([.fieldName]), at: SourceRange(text: TextID(rawValue: 0), lower: 0, upper: 0))
      }
      check = parsed
    } catch {
      throw files.diagnostic(
        .validate, "Exception '\(name)': '\(field.text)' is no field: \(error.message)",
        in: context)
    }
    guard let isKnown = options.isKnownField, options.knownSources.contains(source) else { return }
    var unknown: FieldReference?
    check.forEachField { reference in
      if unknown == nil, !isKnown(reference, source) { unknown = reference }
    }
    if let unknown {
      throw files.diagnostic(
        .validate, "Exception '\(name)': the event source '\(source)' has no field '\(unknown.canonicalText)'",
        in: context)
    }
  }
}

/// An operator of an exception, with a modifier where the operator needs one to take a list.
struct ExceptionComparison {
  var `operator`: ComparisonOperator
  var modifier: ListModifier?

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard let first = words.first, let `operator` = ComparisonOperator(rawValue: String(first)) else { return nil }
    self.operator = `operator`
    if words.count == 1 { return }
    guard words.count == 2, `operator`.operands == .value, let modifier = ListModifier(rawValue: String(words[1]))
    else { return nil }
    self.modifier = modifier
  }

  var takesList: Bool { modifier != nil || `operator`.operands == .list }
}
