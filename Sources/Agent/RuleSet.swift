internal import Fields
internal import FilterLanguage
internal import Glibc
public import RuleCompiler

/// Finding, loading and compiling the rules that a command is to use.
public enum RuleSet {
  /// Loads rule files and checks every rule in them.
  ///
  /// - Parameters:
  ///   - paths: Files and folders in load order, and `builtin:TIER` for rules that come with the program; empty for
  ///     the stable ones of those.
  ///   - skipsMissing: Leave out paths that do not exist; nothing left is an error all the same.
  ///   - reportsUnreadable: A path that cannot be read is a problem in the result instead of a failure.
  /// - Throws: If a path cannot be read. Problems inside files are in the result.
  public static func load(
    _ paths: [String], _ settings: Settings = Settings(), skipsMissing: Bool = false, reportsUnreadable: Bool = false
  ) throws(Failure) -> CompiledRules {
    var options = LoadOptions()
    options.outputAdditions = settings.outputAdditions
    options.usesISOTime = settings.usesISOTime
    options.minimumPriority = settings.minimumPriority
    options.selections = settings.ruleSelections
    options.isKnownField = { field, _ in
      if case .success = FieldCatalogue.resolve(name: field.name, argument: field.argument) { true } else { false }
    }
    let sources = try RuleSource.read(
      pathsAndTiers: paths, skipsMissing: skipsMissing, keepsUnreadable: reportsUnreadable)
    return RuleCompiler.load(sources, options).compiled()
  }

  /// Rule files in memory, `builtin:TIER` among them.
  public static func sources(_ paths: [String]) throws(Failure) -> [RuleSource] {
    try RuleSource.read(pathsAndTiers: paths)
  }

  /// The same as ``load(_:_:skipsMissing:)``, refusing rules with errors: the report of all problems is the failure's text.
  public static func loadUsable(
    _ paths: [String], _ settings: Settings, warn: (String) -> Void
  ) throws(Failure) -> CompiledRules {
    let compiled: CompiledRules
    if paths.isEmpty {
      // The configuration's list may name files that not every host has; the command line means what it says.
      for path in settings.rulesFiles where !path.hasPrefix("builtin") && access(path, F_OK) != 0 {
        warn("rules_files: \(path) does not exist and is left out")
      }
      compiled = try load(settings.rulesFiles, settings, skipsMissing: true)
    } else {
      compiled = try load(paths, settings)
    }
    if compiled.hasErrors {
      let invalid = compiled.loaded.files.filter { !$0.isSuccessful }
      throw Failure("the rules cannot be used\n" + invalid.map { $0.report() }.joined(separator: "\n"))
    }
    for diagnostic in compiled.loaded.diagnostics { warn(diagnostic.line) }
    if compiled.rules.isEmpty { throw Failure("no rule is enabled, so there is nothing to watch for; enable one") }
    return compiled
  }

  /// A condition alone, as a program with one rule.
  public static func compile(condition: String) throws(Failure) -> CompiledRules {
    let quoted = condition.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    let text = "- rule: filter\n  desc: filter\n  priority: debug\n  output: filter\n  warn_evttypes: false\n  condition: '\(quoted)'\n"
    let compiled = RuleCompiler.load([RuleSource(name: "filter", contents: Array(text.utf8))]).compiled()
    if let problem = compiled.loaded.diagnostics.first(where: \.isError) {
      throw Failure("filter: \(problem.message)" + (problem.hint.map { "; \($0)" } ?? "") + "\n  \(condition)")
    }
    return compiled
  }
}
