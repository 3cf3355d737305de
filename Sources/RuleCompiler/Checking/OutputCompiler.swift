internal import Fields
internal import FilterLanguage
internal import Glibc
internal import Outputs

/// Compiles what rules say: their own text, and what the configuration adds to it.
struct OutputCompiler {
  private struct Addition {
    var addition: OutputAddition
    /// nil if it adds no text.
    var text: OutputFormat?
    var fields: [ExtraField]
    var problem: (message: String, hint: String?)?
    var isReported = false
  }

  private var additions: [Addition]
  private let usesISOTime: Bool

  init(_ additions: [OutputAddition], usesISOTime: Bool) {
    self.usesISOTime = usesISOTime
    self.additions = additions.map(Self.prepare)
  }

  /// The output as pieces and fields; nil if there is an error.
  ///
  /// An error in an addition is told once, at the first rule that it is for.
  mutating func compile(_ rule: LoadedRule) -> (output: OutputFormat?, errors: [CheckError]) {
    var texts: [OutputFormat] = []
    var fields: [ExtraField] = []
    var errors: [CheckError] = []
    var isWhole = true
    for index in additions.indices where additions[index].addition.matches(rule) {
      if let problem = additions[index].problem {
        isWhole = false
        if !additions[index].isReported {
          additions[index].isReported = true
          let range = SourceRange(text: rule.outputText, lower: 0, upper: 1)
          errors.append(
            CheckError(
              message: "\(additions[index].addition.place): \(problem.message)", hint: problem.hint,
              range: range))
        }
        continue
      }
      if let text = additions[index].text { texts.append(text) }
      fields += additions[index].fields
    }
    do throws(OutputFormatError) {
      let output = try OutputFormat(
        rule.outputWithoutContainerInfo, followedBy: texts, extra: fields, usesISOTime: usesISOTime)
      return (isWhole ? output : nil, errors)
    } catch {
      return (nil, [rule.error(error)] + errors)
    }
  }

  private static func prepare(_ addition: OutputAddition) -> Addition {
    let text = LoadedRule.withoutContainerInfo(addition.wholeText)
    var prepared = Addition(addition: addition, fields: [])
    do throws(OutputFormatError) {
      // The blank between it and what comes before is part of it: so a star in front is no mark here.
      let format = try OutputFormat(" " + text)
      if !text.isEmpty { prepared.text = format }
      for field in addition.fields {
        if let format = field.format {
          prepared.fields.append(ExtraField(key: field.key, try OutputFormat(format)))
        } else if case .success(let resolved) = FieldCatalogue.resolve(field.key) {
          prepared.fields.append(ExtraField(resolved))
        } else {
          // A transformer gives a text; what is neither is refused with its reason.
          prepared.fields.append(ExtraField(key: field.key, try OutputFormat("%" + field.key)))
        }
      }
    } catch {
      prepared.problem = (error.message, error.problem == .noField ? CheckError.percentHint : nil)
    }
    return prepared
  }
}

extension CheckError {
  fileprivate static let percentHint = "a percent sign cannot be written on its own; say 'percent'"
}

extension LoadedRule {
  /// Old outputs have it, and once it stood for fields of a container.
  static let containerInfo = Array("%container.info".utf8)

  static func withoutContainerInfo(_ text: String) -> String {
    var bytes = Array(text.utf8)
    var at = 0
    while let found = bytes.offset(of: containerInfo, from: at) {
      bytes.removeSubrange(found..<found + containerInfo.count)
      at = found
    }
    return bytes.count == text.utf8.count ? text : String(decoding: bytes, as: UTF8.self)
  }

  fileprivate var outputWithoutContainerInfo: String { Self.withoutContainerInfo(output) }

  /// What is wrong with the output, and where.
  fileprivate func error(_ error: OutputFormatError) -> CheckError {
    let start = UInt32(clamping: error.offset)
    let range = SourceRange(text: outputText, lower: start, upper: start + 1)
    return switch error.problem {
    case .noField: CheckError(message: error.message, hint: CheckError.percentHint, range: range)
    case .field, .operand(.field): CheckError(kind: .unknownName, message: error.message, range: range)
    case .operand(.transformer): CheckError(message: error.message, range: range)
    case .syntax(let message, let hint): CheckError(message: message, hint: hint, range: range)
    }
  }
}

extension [UInt8] {
  /// Where `part`, which is not empty, first begins at or behind `start`.
  func offset(of part: [UInt8], from start: Int = 0) -> Int? {
    unsafe withUnsafeBytes { bytes in
      unsafe part.withUnsafeBytes { part in
        var at = start
        while let base = unsafe bytes.baseAddress, at + part.count <= bytes.count {
          let places = bytes.count - part.count + 1 - at
          guard let found = unsafe memchr(base + at, Int32(part[0]), places) else { return nil }
          at = unsafe UnsafeRawPointer(found) - base
          if unsafe memcmp(base + at, part.baseAddress!, part.count) == 0 { return at }
          at += 1
        }
        return nil
      }
    }
  }
}
