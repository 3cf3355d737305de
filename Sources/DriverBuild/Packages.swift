internal import CLinux

/// How this distribution's users install what is missing.
struct Packages {
  private let family: Family

  enum Family { case debian, redHat, suse, arch, alpine, other }

  /// - Parameter release: The text of `/etc/os-release`.
  init(osRelease release: String) {
    var words: Set<Substring> = []
    for line in release.split(separator: "\n") where line.hasPrefix("ID=") || line.hasPrefix("ID_LIKE=") {
      let value = line.drop { $0 != "=" }.dropFirst()
      words.formUnion(value.split { $0 == "\"" || $0 == " " || $0 == "'" })
    }
    if !words.isDisjoint(with: ["debian", "ubuntu"]) {
      family = .debian
    } else if !words.isDisjoint(with: ["fedora", "rhel", "centos", "amzn"]) {
      family = .redHat
    } else if !words.isDisjoint(with: ["suse", "opensuse", "sles"]) {
      family = .suse
    } else if words.contains("arch") {
      family = .arch
    } else if words.contains("alpine") {
      family = .alpine
    } else {
      family = .other
    }
  }

  static var ofThisHost: Packages {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe wh_read_file("/etc/os-release", &bytes, bytes.count)
    return Packages(osRelease: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  func headers(_ kernel: KernelRelease) -> String {
    switch family {
    case .debian: "apt-get install linux-headers-\(kernel)"
    case .redHat: "dnf install kernel-devel-\(kernel)"
    case .suse: "zypper install kernel-default-devel"
    case .arch: "pacman -S linux-headers"
    case .alpine: "apk add linux-virt-dev"
    case .other: "the package with the headers of kernel \(kernel)"
    }
  }

  func tool(_ name: String) -> String {
    switch family {
    case .debian: "apt-get install \(name)"
    case .redHat: "dnf install \(name)"
    case .suse: "zypper install \(name)"
    case .arch: "pacman -S \(name == "bpftool" ? "bpf" : name)"
    case .alpine: "apk add \(name)"
    case .other: "the package with \(name)"
    }
  }
}
