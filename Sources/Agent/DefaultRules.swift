internal import CDefaultRules
internal import FilterLanguage
public import RuleCompiler

/// The tiers of the rules that come with the program, from those that are on by default to those that try things out.
public enum RuleTier: String, CaseIterable, Sendable {
  case stable, incubating, sandbox

  /// The tier and those before it, in load order: a tier uses their macros and lists.
  var withThoseBefore: [RuleTier] { Array(RuleTier.allCases.prefix { $0 != self }) + [self] }

  fileprivate var fileName: String { self == .stable ? "windhover_rules.yaml" : "windhover_\(rawValue).yaml" }
  fileprivate var code: wh_rules_tier {
    switch self {
    case .stable: WH_RULES_STABLE
    case .incubating: WH_RULES_INCUBATING
    case .sandbox: WH_RULES_SANDBOX
    }
  }
}

extension RuleSource {
  /// The rules of a tier that comes with the program.
  public static func builtIn(_ tier: RuleTier) -> RuleSource {
    var size = 0
    let start = wh_default_rules(tier.code, &size)
    return RuleSource(name: "built-in \(tier.fileName)", contents: Array(UnsafeBufferPointer(start: start, count: size)))
  }

  /// What a list of paths names, `builtin:TIER` among them; empty for the stable tier that comes with the program.
  ///
  /// A tier brings those before it; none is loaded twice.
  ///
  /// - Parameters:
  ///   - skipsMissing: Leave out paths that do not exist; nothing left is an error all the same.
  ///   - keepsUnreadable: A path that cannot be read becomes a source that says so, for a report on all of them.
  static func read(
    pathsAndTiers paths: [String], skipsMissing: Bool = false, keepsUnreadable: Bool = false
  ) throws(Failure) -> [RuleSource] {
    var sources: [RuleSource] = []
    var tiers: Set<RuleTier> = []
    func add(_ tier: RuleTier) {
      for needed in tier.withThoseBefore where tiers.insert(needed).inserted { sources.append(builtIn(needed)) }
    }
    if paths.isEmpty { add(.stable) }
    for path in paths {
      if path == "builtin" || path.hasPrefix("builtin:") {
        let name = path == "builtin" ? "stable" : String(path.dropFirst(8))
        guard let tier = RuleTier(rawValue: name) else {
          let names = RuleTier.allCases.map(\.rawValue)
          let near = Suggestion.closest(to: name, among: names).map { "did you mean builtin:\($0)? " } ?? ""
          throw Failure("\(path): no tier of rules is called '\(name)'; \(near)There are builtin:\(names.joined(separator: ", builtin:"))")
        }
        add(tier)
        continue
      }
      do throws(RuleSourceError) {
        sources += try RuleSource.read([path], skipsMissing: skipsMissing)
      } catch {
        if keepsUnreadable {
          sources.append(RuleSource(name: path, failure: error))
          continue
        }
        if case .noFiles = error { continue }
        throw Failure("cannot read the rules: \(error.message)")
      }
    }
    if sources.isEmpty { throw Failure("cannot read the rules: \(RuleSourceError.noFiles.message)") }
    return sources
  }
}
