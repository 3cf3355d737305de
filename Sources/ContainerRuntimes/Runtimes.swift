internal import CLinux
internal import Glibc
internal import SystemState

/// All runtimes of the host, asked in the order in which they are likely to know a container.
///
/// One that does not answer in time is left alone for a while, so that it cannot hold up the others.
struct Runtimes {
  /// What became of a question to all of them.
  enum Outcome {
    case known(RuntimeAnswer)
    /// Everyone answered, or nobody is there to ask: not known now.
    case unknown(someoneWasAsked: Bool)
  }

  private struct Endpoint {
    var kind: RuntimeSettings.Kind
    var socket: RuntimeSocket
    /// Monotonic nanoseconds until which it is left alone.
    var mutedUntil: UInt64 = 0
  }

  private var endpoints: [Endpoint] = []
  /// Told once about each endpoint that fails.
  private let report: @Sendable (String) -> Void
  private var reported: Set<String> = []
  private static let muteTime: UInt64 = 5_000_000_000

  init(_ settings: RuntimeSettings, report: @escaping @Sendable (String) -> Void) {
    self.report = report
    var limits = RuntimeSocket.Limits()
    limits.milliseconds = Int32(clamping: settings.timeoutMilliseconds)
    for kind in [RuntimeSettings.Kind.docker, .cri, .podman, .containerd] {
      guard let engine = settings.engines[kind], engine.isEnabled else { continue }
      for path in engine.sockets { endpoints.append(Endpoint(kind: kind, socket: RuntimeSocket(path: path, limits: limits))) }
    }
  }

  /// Who may know a container whose cgroup has this shape.
  private static func candidates(_ shape: ContainerShape) -> [RuntimeSettings.Kind] {
    switch shape {
    case .docker: [.docker]
    case .podman: [.podman]
    case .crio: [.cri]
    case .containerd: [.cri, .containerd]
    case .nerdctl, .named: [.containerd]
    case .digits: [.docker, .cri, .podman, .containerd]
    case .none, .lxc, .libvirt, .bpm, .nspawn: []
    }
  }

  mutating func ask(_ reference: ContainerReference, _ shape: ContainerShape) -> Outcome {
    var someoneWasAsked = false
    for kind in Runtimes.candidates(shape) {
      for index in endpoints.indices where endpoints[index].kind == kind {
        guard unsafe access(endpoints[index].socket.path, F_OK) == 0 else { continue }
        guard wh_clock_monotonic() >= endpoints[index].mutedUntil else { continue }
        someoneWasAsked = true
        do throws(RuntimeError) {
          if let answer = try ask(endpoints[index], reference) { return .known(answer) }
        } catch { failed(index, error) }
      }
    }
    return .unknown(someoneWasAsked: someoneWasAsked)
  }

  private func ask(_ endpoint: Endpoint, _ reference: ContainerReference) throws(RuntimeError) -> RuntimeAnswer? {
    switch endpoint.kind {
    case .docker: try ContainerEngine(socket: endpoint.socket, kind: .docker).ask(reference)
    case .podman: try ContainerEngine(socket: endpoint.socket, kind: .podman).ask(reference)
    case .cri: try CRIRuntime(socket: endpoint.socket).ask(reference)
    case .containerd: try ContainerdRuntime(socket: endpoint.socket).ask(reference)
    }
  }

  private mutating func failed(_ index: Int, _ error: RuntimeError) {
    let endpoint = endpoints[index]
    if case .system(let code, _) = error {
      // A socket that nobody listens on any more is no failure: the runtime was removed or restarts.
      if code == ECONNREFUSED || code == ENOENT { return }
      endpoints[index].mutedUntil = wh_clock_monotonic() + Runtimes.muteTime
    }
    if reported.insert("\(endpoint.kind) \(endpoint.socket.path)").inserted {
      report(
        "\(endpoint.kind.rawValue) at \(endpoint.socket.path) does not tell about containers: \(error); alerts will lack what it knows")
    }
  }
}
