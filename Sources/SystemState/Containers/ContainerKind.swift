/// What runs a container, by the numbers that container events carry.
public enum ContainerKind: UInt16, BitwiseCopyable, Sendable, CaseIterable {
  case docker = 0
  case lxc = 1
  case libvirtLXC = 2
  case mesos = 3
  case rkt = 4
  /// Kubernetes' interface, by a runtime that did not say its name.
  case cri = 6
  case containerd = 7
  case crio = 8
  case bpm = 9
  case `static` = 10
  case podman = 11
  /// A number of our own: nobody else tells these apart from the host.
  case nspawn = 64
  case unknown = 0xffff

  /// The text of `container.type`.
  public var name: StaticString {
    switch self {
    case .docker: "docker"
    case .lxc: "lxc"
    case .libvirtLXC: "libvirt-lxc"
    case .mesos: "mesos"
    case .rkt: "rkt"
    case .cri: "cri"
    case .containerd: "containerd"
    case .crio: "cri-o"
    case .bpm: "bpm"
    case .static: "static"
    case .podman: "podman"
    case .nspawn: "systemd-nspawn"
    case .unknown: ""
    }
  }
}

/// The shape of the cgroup path that an id was found in: who may know it.
public enum ContainerShape: UInt8, BitwiseCopyable, Sendable {
  /// From elsewhere than a cgroup, such as a capture file's container event.
  case none
  /// 64 digits alone: Docker, or a runtime below Kubernetes.
  case digits
  case docker, podman, crio, containerd, nerdctl
  /// containerd without Kubernetes: `/NAMESPACE/NAME`.
  case named
  /// Of these nobody is asked: the cgroup says all there is.
  case lxc, libvirt, bpm, nspawn

  /// What such a container is if no runtime has to be asked.
  var kind: ContainerKind? {
    switch self {
    case .lxc: .lxc
    case .libvirt: .libvirtLXC
    case .bpm: .bpm
    case .nspawn: .nspawn
    default: nil
    }
  }
}
