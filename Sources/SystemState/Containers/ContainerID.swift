/// Which container a cgroup path belongs to, by the shape that each runtime gives its paths.
///
/// Only the path is looked at: it is all that is known at the time of a fork, it cannot block, and it cannot be
/// forged without the right to create cgroups. Which runtime really owns an id is settled elsewhere by asking.
struct ContainerID {
  /// Where in the path the whole identifier lies.
  var range: Range<Int>
  /// Bytes of it that users see: 12 for the 64-digit ids, all of a name.
  var shownLength: Int
  var shape: ContainerShape
  /// Where containerd's namespace lies, for ``ContainerShape/named``.
  var namespace: Range<Int>?

  /// The same in a text that has the path at an offset.
  func moved(by offset: Int) -> ContainerID {
    func moved(_ range: Range<Int>) -> Range<Int> { range.lowerBound + offset..<range.upperBound + offset }
    return ContainerID(
      range: moved(range), shownLength: shownLength, shape: shape, namespace: namespace.map(moved))
  }

  /// Tries the matchers, those with a shape of their own first.
  static func find(in path: borrowing RawSpan) -> ContainerID? {
    if let id = digits(path) { return id }
    if let id = nspawn(path) { return id }
    if let id = lxc(path) { return id }
    if let id = libvirt(path) { return id }
    if let id = bpm(path) { return id }
    return namespaced(path)
  }

  /// Podman, Docker, containerd and CRI-O under Kubernetes: 64 hexadecimal digits, alone or framed, at the path's end.
  private static func digits(_ path: borrowing RawSpan) -> ContainerID? {
    let end = path.byteCount
    if path.hasSuffix(".scope/container") { return podman(path, end: end - 16) }
    let isScope = path.hasSuffix(".scope")
    guard let range = hexDigits(path, before: isScope ? end - 6 : end) else { return nil }
    let head = path.extracting(0..<range.lowerBound)
    let shape: ContainerShape
    if head.hasSuffix("/libpod-") || head.hasSuffix("/libpod-payload-") {
      shape = .podman
    } else if head.hasSuffix("/crio-") {
      shape = .crio
    } else if isScope {
      if head.hasSuffix("/docker-") {
        shape = .docker
      } else if head.hasSuffix("/cri-containerd-") {
        shape = .containerd
      } else if head.hasSuffix("/nerdctl-") {
        shape = .nerdctl
      } else {
        return nil
      }
    } else if head.hasSuffix(":cri-containerd:") {
      shape = .containerd
    } else if head.hasSuffix("/") {
      shape = .digits
    } else {
      return nil
    }
    return ContainerID(range: range, shownLength: 12, shape: shape)
  }

  private static func podman(_ path: borrowing RawSpan, end: Int) -> ContainerID? {
    guard let range = hexDigits(path, before: end) else { return nil }
    let head = path.extracting(0..<range.lowerBound)
    guard head.hasSuffix("/libpod-") || head.hasSuffix("/libpod-payload-") else { return nil }
    return ContainerID(range: range, shownLength: 12, shape: .podman)
  }

  /// systemd-nspawn: what runs in the machine is below `payload`, whether a service or a scope holds it. Virtual
  /// machines have scopes of the same form, without a payload.
  private static func nspawn(_ path: borrowing RawSpan) -> ContainerID? {
    guard path.hasPrefix("/machine.slice/") else { return nil }
    let end = path.firstIndex(of: UInt8(ascii: "/"), from: 15)
    let unit = path.extracting(15..<end)
    let rest = path.extracting(end..<path.byteCount)
    guard rest.equals("/payload") || rest.hasPrefix("/payload/") else { return nil }
    let range: Range<Int>
    if unit.hasPrefix("systemd-nspawn@"), unit.hasSuffix(".service") {
      range = 15 + 15..<end - 8
    } else if unit.hasPrefix("machine-"), unit.hasSuffix(".scope") {
      range = 15 + 8..<end - 6
    } else {
      return nil
    }
    return range.isEmpty ? nil : ContainerID(range: range, shownLength: range.count, shape: .nspawn)
  }

  /// containerd without Kubernetes: `/NAMESPACE/NAME`, where the user chose both.
  ///
  /// The shape is so common that units of systemd, and names that end in 32 digits (machine and invocation ids), are
  /// left out.
  private static func namespaced(_ path: borrowing RawSpan) -> ContainerID? {
    guard path.byteCount > 3, path.byte(0) == UInt8(ascii: "/") else { return nil }
    let middle = path.firstIndex(of: UInt8(ascii: "/"), from: 1)
    let start = middle + 1
    guard middle > 1, start < path.byteCount, path.byteCount - start <= 64,
      path.firstIndex(of: UInt8(ascii: "/"), from: start) == path.byteCount,
      !isUnit(path), !isUnit(path.extracting(0..<middle)), trailingDigits(path) != 32
    else { return nil }
    return ContainerID(
      range: start..<path.byteCount, shownLength: min(12, path.byteCount - start), shape: .named, namespace: 1..<middle)
  }

  private static func lxc(_ path: borrowing RawSpan) -> ContainerID? {
    for at in 0..<path.byteCount where path.byte(at) == UInt8(ascii: "/") {
      let rest = path.extracting(at..<path.byteCount)
      let start: Int
      if rest.hasPrefix("/lxc/") {
        start = at + 5
      } else if rest.hasPrefix("/lxc.payload/") || rest.hasPrefix("/lxc.payload.") {
        start = at + 13
      } else {
        continue
      }
      if let id = component(path, from: start, .lxc) { return id }
    }
    return nil
  }

  private static func libvirt(_ path: borrowing RawSpan) -> ContainerID? {
    var end = path.byteCount
    if path.hasSuffix("/libvirt") { end -= 8 }
    let head = path.extracting(0..<end)
    if head.hasSuffix(".libvirt-lxc") {
      var start = end - 12
      while start > 0, path.byte(start - 1) != UInt8(ascii: "/") { start -= 1 }
      return start < end - 12
        ? ContainerID(range: start..<end - 12, shownLength: end - 12 - start, shape: .libvirt) : nil
    }
    for at in 0..<end {
      let rest = path.extracting(at..<end)
      if rest.hasPrefix("/libvirt/lxc/") { return component(path, from: at + 13, .libvirt) }
      if rest.hasPrefix("-lxc\\x2d"), rest.hasSuffix(".scope"), rest.byteCount > 14 {
        return ContainerID(range: at + 8..<end - 6, shownLength: end - 14 - at, shape: .libvirt)
      }
    }
    return nil
  }

  private static func bpm(_ path: borrowing RawSpan) -> ContainerID? {
    guard path.hasSuffix(".scope") else { return nil }
    let end = path.byteCount - 6
    var at = end - 4
    while at >= 0 {
      if path.extracting(at..<end).hasPrefix("bpm-") {
        for index in at + 4..<end where !isNameByte(path.byte(index)) { return nil }
        return at + 4 < end ? ContainerID(range: at + 4..<end, shownLength: end - at - 4, shape: .bpm) : nil
      }
      at -= 1
    }
    return nil
  }

  private static func component(
    _ path: borrowing RawSpan, from start: Int, _ shape: ContainerShape
  ) -> ContainerID? {
    let end = path.firstIndex(of: UInt8(ascii: "/"), from: start)
    return start < end ? ContainerID(range: start..<end, shownLength: end - start, shape: shape) : nil
  }

  /// The 64 digits that end at `end`.
  private static func hexDigits(_ path: borrowing RawSpan, before end: Int) -> Range<Int>? {
    guard end >= 64 else { return nil }
    for at in end - 64..<end where !isHexDigit(path.byte(at)) { return nil }
    return end - 64..<end
  }

  private static func trailingDigits(_ path: borrowing RawSpan) -> Int {
    var at = path.byteCount
    while at > 0, isHexDigit(path.byte(at - 1)) { at -= 1 }
    return path.byteCount - at
  }

  private static func isUnit(_ path: borrowing RawSpan) -> Bool {
    path.hasSuffix(".service") || path.hasSuffix(".slice") || path.hasSuffix(".scope")
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f"))
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
