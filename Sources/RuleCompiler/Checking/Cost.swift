internal import Fields
internal import RuleEngine

/// Rough costs in instructions, for putting cheap tests first.
enum Cost {
  /// What transformers add to the fields in them.
  static let transformation = 200

  static func extraction(_ field: ResolvedField) -> Int {
    switch field.id {
    case .evtIsOpenRead, .evtIsOpenWrite, .evtIsOpenCreate, .evtIsOpenExec, .evtRawres, .evtFailed, .evtDir: 20
    case .fdNum, .fdTypechar, .fdType, .containerId, .procIsExeUpperLayer, .procIsExeFromMemfd: 25
    // A walk through kilobytes of environment.
    case .procEnv, .procAenv: 2000
    case .fdName, .fdDirectory, .fdFilename, .fdRealpath, .procName, .procExe, .procExepath, .procExerealpath, .procCmdline, .procArgs: 40
    case .procPname, .procPexe, .procPcmdline, .procPexepath: 60
    case .procAname, .procAexe, .procAexepath, .procAcmdline: field.hasCandidates ? 400 : 100
    case .userName, .userLoginname, .groupName: 80
    case .evtArg, .evtArgs, .evtInfo: 150
    default: 60
    }
  }

  static func operation(_ operation: Test.Operation) -> Int {
    switch operation {
    case .member, .notMember: 50
    case .contains, .containsFolded: 120
    case .glob, .globFolded, .pathIn: 200
    case .regex: 400
    case .pair: 120
    case .anyOf, .allOf, .oneOf: 150
    case .startsWith, .endsWith: 20
    default: 10
    }
  }

  /// How often a test holds, where the field tells more than the operation does.
  ///
  /// Most calls succeed, most opened files are files and are read, and most events come from outside of containers. Where
  /// they do not, a rule costs some instructions more.
  static func chance(_ test: Test, of field: ResolvedField?) -> Double {
    let usually: Double
    switch (field?.id, test.operation) {
    case (.evtFailed, .equal), (.evtFailed, .notEqual): usually = 0.1
    case (.evtIsOpenRead, .equal), (.evtIsOpenRead, .notEqual): usually = 0.7
    case (.evtIsOpenWrite, .equal), (.evtIsOpenWrite, .notEqual), (.evtIsOpenCreate, .equal),
      (.evtIsOpenCreate, .notEqual):
      usually = 0.15
    case (.fdType, .member), (.fdTypechar, .member): return 0.6
    case (.fdType, .notMember), (.fdTypechar, .notMember): return 0.4
    case (.containerId, .notMember): return 0.3
    case (.procTty, .notEqual): return 0.3
    default: return chance(test.operation)
    }
    return (test.first != 0) == (test.operation == .equal) ? usually : 1 - usually
  }

  /// How often a test holds: names and places are mostly others.
  private static func chance(_ operation: Test.Operation) -> Double {
    switch operation {
    case .member, .equal, .numberIn, .startsWith, .pathIn, .addressEqual, .addressIn, .equalDouble: 0.1
    case .endsWith, .contains, .containsFolded, .glob, .globFolded, .regex, .anyOf, .oneOf, .pair: 0.15
    case .notMember, .notEqual, .addressNotEqual, .notEqualDouble: 0.9
    case .exists: 0.8
    default: 0.5
    }
  }
}
