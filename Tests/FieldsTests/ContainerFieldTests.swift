import CaptureTesting
import EventSchema
import Fields
import ProcFS
import SystemState
import Testing

private let id = String(repeating: "0123456789abcdef", count: 4)
private let sandbox = String(repeating: "fedcba9876543210", count: 4)

/// Fields of a container whose metadata a runtime, or a capture file, told. Expected texts are those that other readers
/// print for the same payload.
@Suite struct ContainerFieldTests {
  @Test(arguments: [
    ("container.id", "0123456789ab"), ("container.full_id", id), ("container.name", "evil"),
    ("container.type", "containerd"), ("container.image", "docker.io/library/evil:1.0"),
    ("container.image.id", "0ca0fed353fb"), ("container.image.repository", "docker.io/library/evil"),
    ("container.image.tag", "1.0"), ("container.image.digest", "sha256:b9ff"), ("container.privileged", "true"),
    ("container.host_pid", "false"), ("container.host_network", "true"), ("container.host_ipc", "false"),
    ("container.mounts", "/etc:/etc::true:rprivate,/var/tmp:/data:ro:false:rslave"),
    ("container.mount[0]", "/etc:/etc::true:rprivate"), ("container.mount[1]", "/var/tmp:/data:ro:false:rslave"),
    ("container.mount[/var/*]", "/var/tmp:/data:ro:false:rslave"), ("container.mount[2]", "<NA>"),
    ("container.mount[/opt]", "<NA>"), ("container.mount.source[/data]", "/var/tmp"),
    ("container.mount.dest[/var/tmp]", "/data"), ("container.mount.mode[1]", "ro"),
    ("container.mount.rdwr[/etc]", "true"), ("container.mount.rdwr[1]", "false"),
    ("container.mount.propagation[1]", "rslave"), ("container.label[maintainer]", "someone"),
    ("container.label[none]", "<NA>"), ("container.labels", "maintainer:someone, empty"),
    ("container.healthcheck", "curl -f http://localhost"), ("container.liveness_probe", "NONE"),
    ("container.readiness_probe", "<NA>"), ("container.ip", ""), ("container.cni.json", ""),
    ("k8s.pod.name", "pod-evil"), ("k8s.ns.name", "default"), ("k8s.pod.uid", "1234"), ("k8s.pod.id", "1234"),
    ("k8s.pod.sandbox_id", "fedcba987654"), ("k8s.pod.full_sandbox_id", sandbox),
    ("k8s.pod.ip", "10.0.0.7"), ("k8s.pod.cni.json", #"{"eth0":1}"#), ("k8s.pod.label[app]", "web"),
    ("k8s.pod.labels", "app:web"), ("user.name", "app"), ("user.homedir", "/srv"), ("user.shell", "/bin/ash"),
    ("group.name", "staff"), ("proc.is_container_healthcheck", "false"),
  ])
  func fieldsShowWhatWasTold(field: String, expected: String) {
    #expect(ContainerFieldTests.scene().text(field) == expected)
  }

  @Test func withoutMetadataOnlyTheIdIsKnown() {
    var scene = Scene.withShellAndCat()
    scene.apply(
      Event.execve(200, at: 7_000, exe: "x", ptid: 100, comm: "x", cgroups: ["cpu=/docker/\(id)"], uid: 33))
    #expect(scene.text("container.id") == "0123456789ab")
    for field in ["container.name", "container.image", "container.privileged", "container.mounts", "k8s.pod.name"] {
      #expect(scene.value(field).isMissing, "\(field)")
    }
  }

  @Test func aContainerEventShowsItsOwnContainer() {
    var scene = ContainerFieldTests.scene()
    scene.apply(
      Event.container(at: 8_000, #"{"container":{"id":"abcabcabcabc","type":0,"image":"i","User":"www"}}"#))
    #expect(scene.texts(["container.id", "container.image", "container.type", "user.name", "evt.type"])
      == ["abcabcabcabc", "i", "docker", "www", "container"])
  }

  /// A thread with uid 1000 in a container of a pod, both known.
  static func scene() -> Scene {
    var scene = Scene.withShellAndCat()
    scene.apply(
      Event.execve(
        200, at: 7_000, exe: "x", ptid: 100, comm: "x", cgroups: ["cpu=/kubepods/pod1/\(id)"], uid: 1000, gid: 50))
    let start = #"{"container":{"type":7,"id":"0123456789ab","full_id":"\#(id)","name":"evil","#
    scene.apply(
      Event.container(
        at: 7_001,
        start + #""image":"docker.io/library/evil:1.0","imagerepo":"docker.io/library/evil","imagetag":"1.0","#
          + #""imageid":"0ca0fed353fb","imagedigest":"sha256:b9ff","privileged":true,"host_network":true,"#
          + #""Mounts":[{"Source":"/etc","Destination":"/etc","Mode":"","RW":true,"Propagation":"rprivate"},"#
          + #"{"Source":"/var/tmp","Destination":"/data","Mode":"ro","RW":false,"Propagation":"rslave"}],"#
          + #""Healthcheck":{"exe":"curl","args":["-f","http://localhost"]},"LivenessProbe":{"exe":"","args":[]},"#
          + #""labels":{"maintainer":"someone","empty":"","io.kubernetes.pod.name":"pod-evil","#
          + #""io.kubernetes.pod.namespace":"default","io.kubernetes.pod.uid":"1234"},"#
          + #""pod_sandbox_id":"\#(sandbox)","pod_sandbox_labels":{"app":"old"}}}"#))
    scene.apply(
      Event.container(
        at: 7_002,
        #"{"container":{"type":7,"id":"fedcba987654","full_id":"\#(sandbox)","is_pod_sandbox":true,"#
          + #""cni_json":"{\"eth0\":1}","ip":"10.0.0.7","labels":{"app":"web","io.kubernetes.pod.name":"pod-evil"}}}"#))
    scene.state.setAccounts(
      of: "0123456789ab",
      users: [UserReading(uid: 1000, gid: 50, name: Array("app".utf8), home: Array("/srv".utf8), shell: Array("/bin/ash".utf8))],
      groups: [GroupReading(gid: 50, name: Array("staff".utf8))])
    scene.apply(Event.read(200, at: 7_003, fd: 0))
    return scene
  }
}
