internal import YAML

/// Reads rule files in order, each building on those before it.
///
/// Rules and macros of a file see everything that it and earlier files define, but nothing of later files. All problems
/// of a file are reported; a file with errors ends the loading.
public func load(_ sources: [RuleSource], _ options: LoadOptions = LoadOptions()) -> LoadedRules {
  var collector = RuleCollector(options: options)
  var assembler = RuleAssembler()
  var files: [LoadedFile] = []
  var assembled = AssembledRules()
  for (number, source) in sources.enumerated() {
    let file = collector.files.add(source)
    var result = LoadedFile(name: source.name, schemaWarnings: nil, diagnostics: [])
    if let failure = source.failure {
      collector.report(
        collector.files.diagnostic(.fileRead, failure.reason, hint: failure.hint, in: ItemContext(file: file)))
    }
    do throws(YAMLError) {
      let documents = try YAMLDocuments.read(source.contents)
      if documents.contains(where: { !$0.isNull }) { result.schemaWarnings = RuleFileSchema.warnings(for: documents) }
      collector.collect(documents, file: file)
    } catch {
      let context = ItemContext(file: file).movingLast(to: Place(file: file, offset: error.mark.offset))
      let hint = YAMLHint.hint(for: error, in: source.contents)
      collector.report(collector.files.diagnostic(.yamlParse, error.message, hint: hint, in: context))
    }
    let isLast = number == sources.count - 1
    assembled = assembler.assemble(&collector, reportsUnused: isLast)
    result.diagnostics = collector.diagnostics
    collector.diagnostics = []
    files.append(result)
    if !result.isSuccessful { break }
  }
  var loaded = LoadedRules(
    rules: assembled.rules, evaluationOrder: [], macros: assembled.macros, lists: assembled.lists,
    requiredEngineVersion: collector.requiredEngineVersion, requiredPlugins: collector.pluginRequirements, files: files,
    outputAdditions: options.outputAdditions, usesISOTime: options.usesISOTime, contents: collector.files, texts: collector.texts)
  loaded.select(options.selections)
  return loaded
}

/// Explains frequent mistakes in YAML files.
private enum YAMLHint {
  static func hint(for error: YAMLError, in contents: [UInt8]) -> String? {
    guard case .malformed = error.reason else { return nil }
    var start = min(error.mark.offset, contents.count)
    while start > 0, contents[start - 1] != UInt8(ascii: "\n") { start -= 1 }
    let indentation = contents[start...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    if indentation.contains(UInt8(ascii: "\t")) { return "YAML does not allow tabs for indentation; use blanks" }
    return nil
  }
}
