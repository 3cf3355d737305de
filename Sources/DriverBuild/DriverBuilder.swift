public import Capture
internal import CBPF
internal import CLinux
internal import Glibc

/// Builds a driver for a kernel, out of the sources inside this program.
public struct DriverBuilder: Sendable {
  public var kind: DriverKind
  public var kernel: KernelRelease
  /// The kernel's headers; where distributions put them if `nil`.
  public var headers: String?
  /// The kernel's types instead of its headers: its BTF, or an ELF file that has it. For the ebpf driver.
  public var types: String?
  /// Where the driver goes.
  public var cache: DriverCache
  /// A folder for just this file, instead of the cache.
  public var output: String?
  /// Builds even if the driver is there.
  public var isForced = false

  public init(
    _ kind: DriverKind, kernel: KernelRelease = .running, headers: String? = nil, types: String? = nil,
    cache: DriverCache = .own, output: String? = nil, isForced: Bool = false
  ) {
    self.kind = kind
    self.kernel = kernel
    self.headers = headers
    self.types = types
    self.cache = cache
    self.output = output
    self.isForced = isForced
  }

  public struct Built: Sendable, Equatable {
    public let path: String
    /// It was there already, built from the same sources.
    public let isCached: Bool
  }

  /// Unpacks the sources into a fresh folder, runs make there, and moves what it makes to its place.
  ///
  /// - Parameter progress: Told of each step, and of each line that the build prints.
  /// - Throws: ``DriverBuildError``, whose description says what to do next.
  public func build(progress: (String) -> Void) throws(DriverBuildError) -> Built {
    let sources = SourceArchive.embedded
    guard kind == .ebpf || kind == .kmod else { throw .nothingToBuild(kind) }
    guard !sources.isEmpty else { throw .noSources }
    let target = output.map { "\($0)/\(DriverCache.fileName(of: kind, kernel: kernel))" } ?? cache.path(of: kind, kernel: kernel)
    if !isForced, unsafe access(target, R_OK) == 0 { return Built(path: target, isCached: true) }
    let hasHeaders = try findHeaders()

    let folder = String(target[..<target.lastIndex(of: "/")!])
    try makeFolders(folder)
    let work = try freshFolder(in: folder)
    // Nothing to do about what cannot be removed: the next build takes another folder.
    defer { _ = unsafe wh_remove_folder(work) }
    try sources.unpack(into: work + "/drivers")
    try makeFolders(work + "/out")
    if !hasHeaders { try writeTypes(in: work) }
    progress("building the \(kind.rawValue) driver for kernel \(kernel)")
    var printed: [String] = []
    let status: Int32
    do {
      status = try BuildProcess.run(command(in: work)) { line in
        printed.append(line)
        progress(line)
      }
    } catch {
      if case .system(ENOENT, _) = error { throw .missingTool("make", package: Packages.ofThisHost.tool("make")) }
      throw error
    }
    // The module has to be called what its kernel knows it by.
    let made = "\(work)/out/" + (kind == .kmod ? "windhover.ko" : DriverCache.fileName(of: kind, kernel: kernel))
    guard status == 0, unsafe access(made, R_OK) == 0 else { throw failure(printed, log: "\(folder)/build-\(kernel).log") }
    guard unsafe rename(made, target) == 0 else { throw .system(errno: errno, during: "move the driver to \(target)") }
    return Built(path: target, isCached: false)
  }

  /// The recipe of each kind is the Makefile in its folder, which takes the same variables.
  func command(in work: String) -> [String] {
    let folder = kind == .kmod ? "kmod" : "bpf"
    var command = ["make", "--no-print-directory", "-C", "\(work)/drivers/\(folder)", "KERNEL=\(kernel)", "OUT=\(work)/out"]
    if let headers { command.append("KDIR=\(headers)") } else if types != nil { command.append("KDIR=\(work)/no-headers") }
    // Only looked at where there are no headers.
    if kind == .ebpf { command.append("VMLINUX_H=\(work)/types/vmlinux.h") }
    return command
  }

  /// Whether there are headers; if not, the running kernel's BTF will do for programs.
  private func findHeaders() throws(DriverBuildError) -> Bool {
    if headers == nil, types != nil { return false }
    let folder = headers ?? "/lib/modules/\(kernel)/build"
    if unsafe access(folder + "/include/generated/autoconf.h", R_OK) == 0 { return true }
    if headers != nil { throw .notHeaders(folder) }
    guard kind == .ebpf, kernel == .running, unsafe access(DriverBuilder.runningTypes, R_OK) == 0 else {
      throw .missingHeaders(kernel, package: Packages.ofThisHost.headers(kernel))
    }
    return false
  }

  private static let runningTypes = "/sys/kernel/btf/vmlinux"

  private func writeTypes(in work: String) throws(DriverBuildError) {
    try makeFolders(work + "/types")
    let source = types ?? DriverBuilder.runningTypes
    let error = unsafe wh_write_kernel_types(source, work + "/types/vmlinux.h")
    guard error == 0 else { throw .system(errno: -error, during: "read the kernel's types from \(source)") }
  }

  /// What a failed build printed, in its few telling lines; all of it goes to a file.
  private func failure(_ printed: [String], log: String) -> DriverBuildError {
    for tool in ["clang"] where printed.contains(where: { $0.contains("\(tool) is missing") }) {
      return .missingTool(tool, package: Packages.ofThisHost.tool(tool))
    }
    if let file = unsafe fopen(log, "we") {
      for line in printed { unsafe fputs(line + "\n", file) }
      unsafe fclose(file)
    }
    return .failed(kind, kernel, lines: DriverBuilder.tellingLines(printed), log: log)
  }

  /// The compiler's errors, each with the line behind it that shows the place; without any, the last lines.
  static func tellingLines(_ printed: [String], limit: Int = 12) -> [String] {
    var lines: [String] = []
    for (index, line) in printed.enumerated() where line.contains("error:") || line.contains("*** ") {
      lines.append(line)
      if line.contains("error:"), index + 1 < printed.count { lines.append(printed[index + 1]) }
    }
    return lines.isEmpty ? Array(printed.suffix(limit)) : Array(lines.prefix(limit))
  }

  private func freshFolder(in folder: String) throws(DriverBuildError) -> String {
    var template = Array("\(folder)/build-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw .system(errno: errno, during: "make a folder to build in, below \(folder)")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
