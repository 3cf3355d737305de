import Glibc
import RuleCompiler
import RuleTesting

/// A folder with rule and test files of a test's own making; gone when the value ends.
final class Files {
  let folder: String

  init(_ files: [String: String]) {
    var template = Array("/tmp/windhover-rules-XXXXXX\0".utf8CString)
    precondition(mkdtemp(&template) != nil, "cannot make a folder under /tmp")
    folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for (name, text) in files { write(name, text) }
  }

  deinit {
    for name in names { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private var names: [String] = []

  func write(_ name: String, _ text: String) {
    let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(descriptor >= 0)
    let bytes = Array(text.utf8)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    names.append(name)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Runs a test file of this folder.
  func run(_ name: String = "a.test.yaml", recorder: (any CommandRecorder)? = nil) -> TestSuite {
    var suite = TestSuite(recorder: recorder) { paths throws(TestFileProblem) in
      do throws(RuleSourceError) { return try RuleSource.read(paths, skipsMissing: false) } catch {
        throw TestFileProblem("rules", nil, error.message)
      }
    }
    suite.run(path(name))
    return suite
  }
}

/// One rule about opens of /etc/shadow, and one about programs.
let sampleRules = """
  - list: secret_files
    items: [/etc/shadow, /etc/gshadow]
  - macro: reads
    condition: (evt.type in (open, openat) and evt.failed = false and evt.is_open_read = true)
  - rule: Secret read
    desc: d
    condition: reads and fd.name in (secret_files) and not proc.name = su
    output: read %fd.name by %proc.name of %proc.pname
    priority: WARNING
  - rule: Program in container
    desc: d
    condition: evt.type = execve and evt.failed = false and container.id != host and user.name = www-data
    output: "%proc.cmdline in %container.image.repository"
    priority: NOTICE
    enabled: false
  """
