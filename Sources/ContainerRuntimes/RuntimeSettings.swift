/// Which runtimes are asked, where, and how long an alert waits for them.
public struct RuntimeSettings: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable { case docker, podman, cri, containerd }

  public struct Engine: Sendable, Equatable {
    public var isEnabled = true
    public var sockets: [String]
  }

  /// Whether anybody is asked at all.
  public var isEnabled = true
  public var engines: [Kind: Engine]
  /// How long an alert about a container that is being asked about waits; 0 for not at all.
  public var waitMilliseconds = 500
  /// How long one question may take.
  public var timeoutMilliseconds = 2000
  /// Labels with longer values are left out; 100 is what others leave out.
  public var longestLabel = 4096

  /// The places where runtimes, and the distributions of Kubernetes, put their sockets. All of them are below folders
  /// that only root can write, so that nobody else can answer there.
  public static let defaultSockets: [Kind: [String]] = [
    .docker: ["/var/run/docker.sock"],
    .podman: ["/run/podman/podman.sock"],
    .cri: [
      "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock",
      "/run/k0s/containerd.sock", "/var/snap/microk8s/common/run/containerd.sock", "/run/host-containerd/containerd.sock",
    ],
    .containerd: ["/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", "/run/host-containerd/containerd.sock"],
  ]

  public init() {
    engines = RuntimeSettings.defaultSockets.mapValues { Engine(sockets: $0) }
  }
}
