internal import FilterLanguage

/// Substitutes macros in each other and in rules.
///
/// A macro sees those whose first definition comes before its own last one, so that redefining a macro later lets it
/// use newer macros. Rules see all.
struct MacroResolver {
  private enum State {
    case untouched
    /// Some macro on the way here is this one.
    case open
    /// An error was reported; who uses the macro is not reported as well.
    case broken
    case resolved(Expression, Size)
  }

  /// Bounds what macros that use each other many times can grow to.
  private struct Size {
    var checks = 0
    var depth = 0

    static let limit = Size(checks: 200_000, depth: 1000)

    func fits(in limit: Size) -> Bool { checks <= limit.checks && depth <= limit.depth }
  }

  private struct Abandoned: Error {}

  private let macros: [MacroDraft]
  private let expressions: [Expression?]
  private let indices: [String: Int]
  private var states: [State]
  private var depth = 0
  /// The macros that a rule or another macro names, by index.
  private(set) var used: Set<Int> = []

  /// - Parameter expressions: For every macro its parsed condition, nil where that failed.
  init(_ macros: [MacroDraft], _ expressions: [Expression?], _ indices: [String: Int]) {
    self.macros = macros
    self.expressions = expressions
    self.indices = indices
    states = expressions.map { $0 == nil ? .broken : .untouched }
  }

  func resolved(_ index: Int) -> Expression? {
    if case .resolved(let expression, _) = states[index] { expression } else { nil }
  }

  /// Resolves one macro; false if an error was reported, now or earlier.
  mutating func resolve(_ index: Int, _ collector: inout RuleCollector) -> Bool {
    guard case .untouched = states[index], let expression = expressions[index] else {
      if case .resolved = states[index] { return true }
      return false
    }
    states[index] = .open
    let macro = macros[index]
    if let (expression, size) = substitute(in: expression, visibleBefore: macro.lastItem, through: nil, &collector) {
      states[index] = .resolved(expression, size)
      return true
    }
    states[index] = .broken
    return false
  }

  /// Resolves the macros in a rule's condition; nil if an error was reported.
  mutating func resolve(
    _ expression: Expression, for rule: RuleDraft, _ collector: inout RuleCollector
  ) -> Expression? {
    substitute(in: expression, visibleBefore: Int.max, through: rule.context, &collector)?.0
  }

  private mutating func substitute(
    in expression: Expression, visibleBefore item: Int, through context: ItemContext?,
    _ collector: inout RuleCollector
  ) -> (Expression, Size)? {
    depth += 1
    defer { depth -= 1 }
    var size = Self.size(of: expression)
    var inner = 0
    var isBroken = false
    // All names first, so that every unknown one is reported.
    expression.forEachMacro { name, range in
      guard let index = indices[name], macros[index].firstItem < item else {
        if !collector.isBroken("macro", name) { reportUndefined(name, range, before: item, &collector) }
        isBroken = true
        return
      }
      used.insert(index)
      if case .open = states[index] {
        collector.report(
          collector.files.diagnostic(
            .validate, "Reference loop in macro '\(name)': it would contain itself",
            in: collector.texts.context(of: range)))
        isBroken = true
        return
      }
      guard depth < Size.limit.depth else {
        reportTooLarge(range, &collector)
        isBroken = true
        return
      }
      guard resolve(index, &collector), case .resolved(_, let added) = states[index] else {
        isBroken = true
        return
      }
      size.checks += added.checks
      inner = max(inner, added.depth)
    }
    if isBroken { return nil }
    size.depth += inner
    guard size.fits(in: Size.limit) else {
      reportTooLarge(expression.range, &collector)
      return nil
    }
    do throws(Abandoned) {
      let states = states
      let indices = indices
      let resolved = try expression.substitutingMacros { (name, _) throws(Abandoned) in
        guard let index = indices[name], case .resolved(let replacement, _) = states[index] else { throw Abandoned() }
        return replacement
      }
      return (resolved, size)
    } catch {
      return nil
    }
  }

  private func reportUndefined(
    _ name: String, _ range: SourceRange, before item: Int, _ collector: inout RuleCollector
  ) {
    var hint: String?
    if let index = indices[name] {
      hint =
        macros[index].firstItem == item
        ? "a macro cannot use itself" : "the macro is defined further below; move it before this one"
    } else if ["and", "or", "not"].contains(name) {
      hint = "'\(name)' needs something to stand for"
    } else if collector.listIndices[name] != nil {
      hint = "'\(name)' is a list; write 'some.field in (\(name))'"
    } else {
      hint = didYouMean(name, among: macros.map(\.name))
    }
    collector.report(
      collector.files.diagnostic(
        .validate, "Undefined macro '\(name)'", hint: hint, in: collector.texts.context(of: range)))
  }

  private func reportTooLarge(_ range: SourceRange, _ collector: inout RuleCollector) {
    collector.report(
      collector.files.diagnostic(
        .compileCondition,
        "with its macros substituted, the condition has more than \(Size.limit.checks) checks "
          + "or \(Size.limit.depth) levels",
        in: collector.texts.context(of: range)))
  }

  private static func size(of expression: Expression) -> Size {
    switch expression {
    case .check, .macro: return Size(checks: 1, depth: 1)
    case .not(let operand, _):
      let size = size(of: operand)
      return Size(checks: size.checks, depth: size.depth + 1)
    case .and(let terms, _), .or(let terms, _):
      var size = Size()
      for term in terms {
        let inner = Self.size(of: term)
        size.checks += inner.checks
        size.depth = max(size.depth, inner.depth)
      }
      size.depth += 1
      return size
    }
  }
}
