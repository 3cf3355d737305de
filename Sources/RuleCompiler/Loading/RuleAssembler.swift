internal import FilterLanguage

/// Everything of the files read so far, compiled.
struct AssembledRules: Sendable {
  var rules: [LoadedRule] = []
  var macros: [LoadedMacro] = []
  var lists: [LoadedList] = []
}

/// Turns what was collected into trees: lists expanded, exceptions joined, macros substituted.
///
/// It runs after every file, because an error belongs to the file that brought it about. What did not change since the
/// previous run is not parsed again.
struct RuleAssembler {
  private struct Parsed {
    var bytes: [UInt8]
    /// nil if the text has a syntax error.
    var expression: Expression?
  }

  private var parsed: [TextID: Parsed] = [:]

  mutating func assemble(_ collector: inout RuleCollector, reportsUnused: Bool) -> AssembledRules {
    let expansion = expandLists(&collector)
    var usedLists: Set<Int> = []
    for entry in expansion.entries { usedLists.formUnion(entry.references) }

    var macroExpressions: [Expression?] = []
    var macroLists: [Set<Int>] = []
    for index in collector.macros.indices {
      let macro = collector.macros[index]
      var references: Set<Int> = []
      let context = macro.context.adding(.macroCondition, "", at: macro.conditionPlace)
      macroExpressions.append(
        parse(
          macro.condition, macro.textID, .macroCondition, context, expansion, &references, &collector))
      usedLists.formUnion(references)
      macroLists.append(references)
    }
    var resolver = MacroResolver(collector.macros, macroExpressions, collector.macroIndices)
    for index in collector.macros.indices { _ = resolver.resolve(index, &collector) }

    var assembled = AssembledRules()
    for rule in collector.rules where collector.options.knownSources.contains(rule.source) {
      var references: Set<Int> = []
      let context = rule.context.adding(.ruleCondition, "", at: rule.conditionPlace)
      let outputContext = rule.context.adding(.ruleOutput, "", at: rule.outputPlace)
      collector.texts[rule.outputID] = SourceTexts.Entry(kind: .ruleOutput, context: outputContext, text: rule.output)
      let expression = parse(
        rule.conditionWithExceptions, rule.conditionID, .ruleCondition, context, expansion, &references, &collector)
      usedLists.formUnion(references)
      guard let expression else { continue }
      var macros: [String] = []
      expression.forEachMacro { name, _ in if !macros.contains(name) { macros.append(name) } }
      guard let resolved = resolver.resolve(expression, for: rule, &collector) else { continue }
      assembled.rules.append(
        LoadedRule(
          rule, resolved, macros: macros, lists: references.sorted().map { collector.lists[$0].name },
          minimumPriority: collector.options.minimumPriority))
    }

    for (index, macro) in collector.macros.enumerated() {
      var macros: [String] = []
      macroExpressions[index]?.forEachMacro { name, _ in if !macros.contains(name) { macros.append(name) } }
      assembled.macros.append(
        LoadedMacro(
          name: macro.name, conditionText: macro.condition.string, condition: resolver.resolved(index), macros: macros,
          lists: macroLists[index].sorted().map { collector.lists[$0].name }, isUsed: resolver.used.contains(index)))
    }
    for (index, list) in collector.lists.enumerated() {
      let entry = expansion.entries[index]
      assembled.lists.append(
        LoadedList(
          name: list.name, items: list.items.filter { collector.listIndices[$0] == nil },
          lists: entry.references.sorted().map { collector.lists[$0].name }, expandedItems: entry.items,
          isUsed: usedLists.contains(index)))
    }
    if reportsUnused { reportUnused(assembled, &collector) }
    return assembled
  }

  private func expandLists(_ collector: inout RuleCollector) -> ListExpansion {
    var tooLarge: [Int] = []
    let expansion = ListExpansion(collector.lists.map { ($0.name, $0.items) }) { tooLarge.append($0) }
    for index in tooLarge {
      collector.report(
        collector.files.diagnostic(
          .validate, "List expands to more than \(ListExpansion.sizeLimit) bytes", in: collector.lists[index].context))
    }
    return expansion
  }

  /// Expands lists in a condition and parses it; nil if an error was reported.
  private mutating func parse(
    _ text: MappedText, _ id: TextID, _ kind: SourceTexts.Kind, _ context: ItemContext, _ expansion: ListExpansion,
    _ references: inout Set<Int>, _ collector: inout RuleCollector
  ) -> Expression? {
    guard let expanded = expansion.expand(text, references: &references) else {
      collector.report(
        collector.files.diagnostic(
          .compileCondition, "The lists in the condition expand to more than \(ListExpansion.sizeLimit) bytes",
          in: context))
      return nil
    }
    collector.texts[id] = SourceTexts.Entry(kind: kind, context: context, text: expanded)
    if let known = parsed[id], known.expression != nil, known.bytes == expanded.bytes { return known.expression }
    do throws(SyntaxError) {
      let expression = try Expression(parsing: expanded.bytes, as: id)
      parsed[id] = Parsed(bytes: expanded.bytes, expression: expression)
      return expression
    } catch {
      parsed[id] = Parsed(bytes: expanded.bytes, expression: nil)
      collector.report(
        collector.files.diagnostic(
          .compileCondition, error.message, hint: error.hint, in: collector.texts.context(of: error.range)))
      return nil
    }
  }

  private func reportUnused(_ assembled: AssembledRules, _ collector: inout RuleCollector) {
    for (draft, macro) in zip(collector.macros, assembled.macros) where !macro.isUsed {
      collector.report(
        collector.files.diagnostic(.unusedMacro, "Nothing uses the macro '\(draft.name)'", in: draft.context))
    }
    for (draft, list) in zip(collector.lists, assembled.lists) where !list.isUsed {
      collector.report(
        collector.files.diagnostic(.unusedList, "Nothing uses the list '\(draft.name)'", in: draft.context))
    }
  }
}

extension LoadedRule {
  fileprivate init(
    _ draft: RuleDraft, _ condition: Expression, macros: [String], lists: [String], minimumPriority: Priority
  ) {
    self.init(
      name: draft.name, condition: condition, conditionText: draft.condition.string, output: draft.output.string,
      outputText: draft.outputID, priority: draft.priority, tags: draft.tags, source: draft.source,
      isEnabled: draft.isEnabled, isBelowMinimumPriority: draft.priority > minimumPriority,
      description: draft.description,
      exceptions: draft.exceptions.map { exception in
        LoadedException(
          name: exception.name, fields: exception.fields.map(\.text),
          comparisons: exception.comparisons.map(\.text))
      },
      capture: draft.capture, captureDuration: draft.captureDuration,
      warnsAboutEventTypes: draft.warnsAboutEventTypes, skipsIfUnknownField: draft.skipsIfUnknownField,
      macros: macros, lists: lists, context: draft.context)
  }
}
