import Glibc
import JSONText
import Testing

/// Real containers of a real podman and a real containerd, and the alerts that they raise.
///
/// What the alerts must say is what the scenario asked the runtimes for. Takes about seven seconds. `make test` installs
/// the runtimes.
@Suite struct ContainersEndToEndTests {
  @Test func everyRuntimeTellsOfItsContainers() throws {
    if let obstacle = Scenario.obstacle {
      Issue.record("\(obstacle)")
      return
    }
    let scenario = try Scenario.run()
    let alerts = scenario.alerts
    let context = "\(scenario.log)"
    func marker(_ key: String, _ value: String) -> [JSONValue] {
      alerts.filter { $0.text("rule") == "Marker read in a container" && $0.fields?[key]?.string == value }
        .compactMap(\.fields)
    }
    func expect(_ fields: JSONValue?, _ expected: [(String, String)], _ what: String) {
      guard let fields else {
        Issue.record("no alert of \(what)\n\(context)")
        return
      }
      for (key, value) in expected {
        #expect(fields[key].map(\.shown) == value, "\(what): \(key)\n\(context)")
      }
      #expect(fields["container.metadata"] == nil, "\(what) is complete")
    }

    // One process only, that was gone at once: from its first event on, all is known.
    expect(
      marker("container.name", "brief").first,
      [
        ("container.type", "podman"), ("container.image", "example.org/test/busy:1.0"),
        ("container.image.repository", "example.org/test/busy"), ("container.image.tag", "1.0"),
        ("container.privileged", "false"), ("container.mount.source[/data]", "/etc/hostname"),
        ("container.label[maintainer]", "someone"), ("container.label[tier]", "back"),
        ("container.host_network", "false"), ("user.name", "shopkeeper"), ("user.homedir", "/srv/shop"),
        ("group.name", "shopkeepers"), ("k8s.pod.name", "null"), ("proc.is_container_healthcheck", "false"),
      ], "podman's brief container")
    let brief = marker("container.name", "brief").first
    #expect(brief?.text("container.full_id").hasPrefix(brief?.text("container.id") ?? "-") == true)
    #expect(brief?.text("container.full_id").utf8.count == 64)
    #expect(brief?.text("container.image.digest").hasPrefix("sha256:") == true)
    #expect(brief?.text("container.image.id").utf8.count == 64)

    // The check that podman runs, and the same command by a shell in the container.
    let checked = marker("container.name", "checked")
    #expect(checked.count == 2, "\(context)")
    #expect(checked.map { $0["proc.is_container_healthcheck"]?.shown } == ["true", "false"])
    expect(
      checked.first,
      [
        ("container.healthcheck", "/bin/sh -c /bin/cat /marker"), ("container.privileged", "true"), ("user.name", "root"),
      ], "podman's health check")

    expect(
      marker("container.name", "server").first,
      [
        ("container.type", "containerd"), ("container.full_id", scenario.id("container")),
        ("container.image", "example.org/test/busy:1.0"), ("container.image.repository", "example.org/test/busy"),
        ("container.privileged", "true"), ("container.mount.source[/hosts]", "/etc/hosts"),
        ("container.label[tier]", "front"), ("container.host_network", "true"), ("container.host_pid", "false"),
        ("k8s.pod.name", "front"), ("k8s.ns.name", "shop"), ("k8s.pod.uid", "0b1c2d3e-0000-4000-8000-000000000001"),
        ("k8s.pod.full_sandbox_id", scenario.id("pod")), ("k8s.pod.sandbox_id", String(scenario.id("pod").prefix(12))),
        ("k8s.pod.label[app]", "web"), ("k8s.pod.labels", "app:web, io.cri-containerd.kind:sandbox"),
        ("user.name", "root"),
      ], "the pod's container")

    expect(
      marker("container.name", "plain").first,
      [
        ("container.id", "plain"), ("container.type", "containerd"), ("container.image", "example.org/test/busy:1.0"),
        ("container.host_network", "false"), ("user.name", "root"),
      ], "containerd's own container")
    #expect(marker("container.name", "plain").first?.text("container.labels").hasPrefix("io.containerd.image") == true, "\(context)")
    #expect(marker("container.name", "plain").first?.text("container.labels").contains("kind:plain") == true, "\(context)")

    // Sent after the wait, with what is known, and says so.
    let unknown = marker("container.id", "000000000000").first
    #expect(unknown?["container.name"] == .null, "\(context)")
    #expect(unknown?.text("container.metadata") == "container metadata incomplete, not told within 2000 ms")
    let told = alerts.filter { $0.text("rule") == "Privileged container" }.compactMap(\.fields)
    #expect(Set(told.map { $0.text("container.name") }) == ["checked", "server"], "\(context)")
  }
}

extension JSONValue {
  fileprivate func text(_ key: String) -> String { self[key]?.string ?? "" }
  fileprivate var fields: JSONValue? { self["output_fields"] }
  fileprivate var shown: String {
    switch self {
    case .string(let text), .number(let text): text
    case .boolean(let value): "\(value)"
    case .null: "null"
    default: "?"
    }
  }
}
