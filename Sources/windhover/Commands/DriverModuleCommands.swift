import ArgumentParser
import Glibc
import KmodDriver

extension DriverCommand {
  struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load the kernel module, so that the kmod driver can be used without CAP_SYS_MODULE later.",
      discussion: """
        Exit code 0 if the kernel has the module afterwards, 1 if it refuses it, 3 if the module has not been built for \
        this kernel.
        """)

    @Argument(help: "The module file. Without one, that which was built for the running kernel.")
    var file: String?

    func run() throws {
      do throws(KernelModule.Failure) {
        print(try KernelModule.load(from: file) ? "loaded" : "loaded already")
      } catch {
        complain(error)
        if case .notBuilt = error { throw ExitCode(3) }
        throw ExitCode(1)
      }
    }
  }

  struct Unload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Unload the kernel module.",
      discussion: """
        Exit code 0 if the kernel does not have the module afterwards, 1 if it keeps it, 2 if the module is in use: then \
        nothing has changed.
        """)

    func run() throws {
      do throws(KernelModule.Failure) {
        print(try KernelModule.unload() ? "unloaded" : "not loaded")
      } catch {
        complain(error)
        throw ExitCode(error.isBusy ? 2 : 1)
      }
    }
  }
}

private func complain(_ failure: KernelModule.Failure) {
  let line = Array("windhover: \(failure)\n".utf8)
  _ = line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress!, $0.count) }
}
