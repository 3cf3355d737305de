internal import CDefaultRules
public import RuleCompiler

extension RuleSource {
  /// The rules that come with the program.
  public static var builtIn: RuleSource {
    let bytes = Array(UnsafeBufferPointer(start: wh_default_rules_start(), count: wh_default_rules_size))
    return RuleSource(name: "built-in windhover_rules.yaml", contents: bytes)
  }
}
