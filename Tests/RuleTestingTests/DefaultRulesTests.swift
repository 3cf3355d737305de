import Agent
import RuleCompiler
import RuleTesting
import Testing

/// The rules that come with the program, against their cases in `rules/tests`.
struct DefaultRulesTests {
  private static let folder = String(#filePath.dropLast("Tests/RuleTestingTests/DefaultRulesTests.swift".count)) + "rules"

  private static func suite() throws -> TestSuite {
    var suite = TestSuite { paths throws(TestFileProblem) in
      do throws(Failure) { return try RuleSet.sources(paths) } catch { throw TestFileProblem("rules", nil, error.description) }
    }
    for file in try TestDiscovery.files([folder]) { suite.run(file) }
    return suite
  }

  @Test func everyRuleFiresAndStaysSilentAsItsCasesSay() throws {
    let suite = try Self.suite()
    let report = suite.text(listsCoverage: false, usesColour: false)
    #expect(!suite.hasFailed, "\(report)")
    #expect(suite.outcomes.count { $0.passed } > 150)
    let coverage = suite.coverage
    #expect(coverage.neverTrue == [])
    #expect(coverage.neverFalse == [])
    #expect(coverage.neverExpected == [])
    #expect(coverage.neverSilenced == [])
  }

  /// And each has a case in which it must fire, and one in which it must not.
  @Test func eachKnownDetectionIsInItsTierAndHasCasesBothWays() throws {
    #expect(Set(KnownRule.all.map(\.name)).count == 93)
    let coverage = try Self.suite().coverage
    var rules: [String: (isOn: Bool, tags: [String])] = [:]
    let compiled = try RuleSet.load(["builtin:sandbox"])
    for rule in compiled.loaded.rules { rules[rule.name] = (rule.isEnabled, rule.tags) }
    // What is not loaded cannot be covered: the summary is about exactly these.
    #expect(coverage.ruleCount >= rules.count)
    for known in KnownRule.all {
      let rule = try #require(rules[known.name], "\(known.name) is missing")
      #expect(rule.isOn == known.isOn, "\(known.name)")
      #expect(rule.tags.contains("maturity_\(known.tier.rawValue)"), "\(known.name)")
      #expect(!coverage.neverExpected.contains(known.name), "no case says that \(known.name) fires")
      #expect(!coverage.neverSilenced.contains(known.name), "no case says that \(known.name) stays silent")
    }
    #expect(rules.count == 103)
    #expect(rules.values.count { !$0.isOn } == 12)
  }

  /// What users of such rules know them by; disabled ones need switching on.
  @Test func theTiersHoldTheRulesThatTheyAreKnownFor() throws {
    let counts = try [RuleTier.stable, .incubating, .sandbox].map { tier in
      let compiled = try RuleSet.load(["builtin:\(tier.rawValue)"])
      #expect(!compiled.hasErrors, "\(compiled.loaded.report())")
      #expect(compiled.loaded.diagnostics.isEmpty, "\(compiled.loaded.report())")
      return compiled.loaded.rules.count { $0.tags.contains("maturity_\(tier.rawValue)") }
    }
    #expect(counts == [35, 31, 37])
    let stable = try RuleSet.load([])
    #expect(stable.rules.allSatisfy { $0.tags.contains("maturity_stable") })
  }

  @Test func everyRuleHasTechniqueTagsAndSaysWhoDidIt() throws {
    for rule in try RuleSet.load(["builtin:sandbox"]).loaded.rules {
      #expect(rule.tags.contains { $0.hasPrefix("mitre_") }, "\(rule.name)")
      #expect(rule.tags.contains { $0.hasPrefix("T1") || $0.hasPrefix("TA") }, "\(rule.name)")
      for field in ["%proc.name", "%proc.exepath", "%proc.cmdline", "%user.name", "%evt.type"] {
        #expect(rule.output.contains(field), "\(rule.name) does not show \(field)")
      }
      #expect(rule.output.contains("%container.id") || rule.tags.contains("host"), "\(rule.name)")
      #expect(rule.description.count > 60, "\(rule.name)")
    }
  }

  @Test func anUnknownTierIsRefusedWithASuggestion() {
    #expect(throws: Failure.self) { try RuleSet.load(["builtin:sandbix"]) }
    do {
      _ = try RuleSet.load(["builtin:sandbix"])
    } catch {
      #expect(error.description.contains("did you mean builtin:sandbox?"))
    }
  }
}
