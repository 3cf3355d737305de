/// The kinds of problems that loading rules can find, under the codes that users of such rule files know.
public enum DiagnosticCode: String, Sendable, CaseIterable {
  case fileRead = "LOAD_ERR_FILE_READ"
  case yamlParse = "LOAD_ERR_YAML_PARSE"
  case yamlValidate = "LOAD_ERR_YAML_VALIDATE"
  case compileCondition = "LOAD_ERR_COMPILE_CONDITION"
  case compileOutput = "LOAD_ERR_COMPILE_OUTPUT"
  case validate = "LOAD_ERR_VALIDATE"
  case errorExtension = "LOAD_ERR_EXTENSION"

  case unknownSource = "LOAD_UNKNOWN_SOURCE"
  case unsafeNACheck = "LOAD_UNSAFE_NA_CHECK"
  case noEventType = "LOAD_NO_EVTTYPE"
  case unknownFilter = "LOAD_UNKNOWN_FILTER"
  case unusedMacro = "LOAD_UNUSED_MACRO"
  case unusedList = "LOAD_UNUSED_LIST"
  case unknownItem = "LOAD_UNKNOWN_ITEM"
  case deprecatedItem = "LOAD_DEPRECATED_ITEM"
  case warningExtension = "LOAD_WARNING_EXTENSION"
  case appendNoValues = "LOAD_APPEND_NO_VALUES"
  case exceptionNameNotUnique = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
  case invalidMacroName = "LOAD_INVALID_MACRO_NAME"
  case invalidListName = "LOAD_INVALID_LIST_NAME"
  case conditionWarning = "LOAD_COMPILE_CONDITION"
  case unknownKey = "LOAD_UNKNOWN_KEY"

  /// Whether the rules cannot be used; otherwise it is a warning.
  public var isError: Bool { rawValue.hasPrefix("LOAD_ERR_") }

  /// The fixed text that stands beside the code in reports.
  public var summary: String {
    switch self {
    case .fileRead: "File read error"
    case .yamlParse: "YAML parse error"
    case .yamlValidate: "Error validating internal structure of YAML file"
    case .compileCondition: "Error compiling condition"
    case .compileOutput: "Error compiling output"
    case .validate: "Error validating rule/macro/list/exception objects"
    case .errorExtension: "Error in extension item"
    case .unknownSource: "Unknown event source"
    case .unsafeNACheck: "Unsafe <NA> comparison in condition"
    case .noEventType: "Condition has no event-type restriction"
    case .unknownFilter: "Unknown field or event-type in condition or output"
    case .unusedMacro: "Unused macro"
    case .unusedList: "Unused list"
    case .unknownItem: "Unknown rules file item"
    case .deprecatedItem: "Used deprecated item"
    case .warningExtension: "Warning in extension item"
    case .appendNoValues: "Overriding/appending with no values"
    case .exceptionNameNotUnique: "Multiple exceptions defined with the same name"
    case .invalidMacroName: "Invalid macro name"
    case .invalidListName: "Invalid list name"
    case .conditionWarning: "Warning in rule condition"
    case .unknownKey: "Unknown key in item definition"
    }
  }
}

/// What a level of a location chain is.
public enum ItemType: String, Sendable {
  case valueFor = "value for"
  case exceptions = "exceptions"
  case exception = "exception"
  case exceptionValues = "exception values"
  case exceptionValue = "exception value"
  case rulesContent = "rules content"
  case rulesContentItem = "rules content item"
  case requiredEngineVersion = "required_engine_version"
  case requiredPluginVersions = "required plugin versions"
  case requiredPluginVersionsEntry = "required plugin versions entry"
  case requiredPluginVersionsAlternative = "required plugin versions alternative"
  case list = "list"
  case listItem = "list item"
  case macro = "macro"
  case macroCondition = "macro condition"
  case rule = "rule"
  case ruleCondition = "rule condition"
  case conditionExpression = "condition expression"
  case ruleOutput = "rule output"
  case ruleOutputExpression = "rule output expression"
  case rulePriority = "rule priority"
  case overrides = "overrides"
  case extensionItem = "extension item"
}
