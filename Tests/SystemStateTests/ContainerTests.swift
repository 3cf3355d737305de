import CaptureTesting
import EventSchema
import SystemState
import Testing

private let id = String(repeating: "0123456789abcdef", count: 4)
private let half = String(id.prefix(32))

@Suite struct ContainerTests {
  // Paths as the runtimes make them; the expected id is what their own tools list.
  @Test(arguments: [
    ("/docker/\(id)", "0123456789ab"),
    ("/system.slice/docker-\(id).scope", "0123456789ab"),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope", "0123456789ab"),
    ("/machine.slice/libpod-\(id).scope/container", "0123456789ab"),
    ("/machine.slice/libpod-payload-\(id)", "0123456789ab"),
    ("/kubepods/besteffort/pod1f2e/\(id)", "0123456789ab"),
    ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope", "0123456789ab"),
    ("/kubepods.slice/kubepods-pod1.slice/crio-\(id).scope", "0123456789ab"),
    ("/kubepods/burstable/pod1/crio-\(id)", "0123456789ab"),
    ("/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:\(id)", "0123456789ab"),
    ("/default/nerdctl-\(id).scope", "0123456789ab"),
    ("/default/redis", "redis"),
    ("/default/a-very-long-container-name", "a-very-long-"),
    ("/lxc/web", "web"), ("/lxc.payload.web/init.scope", "web"), ("/lxc.payload/web/sub", "web"),
    ("/machine.slice/machine-lxc\\x2d1234\\x2dweb.scope/libvirt", "1234\\x2dweb"),
    ("/machine/web.libvirt-lxc", "web"), ("/libvirt/lxc/web", "web"),
    ("/system.slice/runc-bpm-job.v1.scope", "job.v1"),
  ])
  func aContainerIsKnownByItsCgroup(path: String, expected: String) {
    #expect(containerID(["cpu=\(path)"]) == expected)
  }

  @Test(arguments: [
    "/", "/init.scope", "/user.slice/user-1000.slice/session-2.scope", "/system.slice/sshd.service",
    "/system.slice/systemd-nspawn@x.service/payload",
    "/machine.slice/systemd-nspawn@x.service/supervisor", "/machine.slice/machine-qemu\\x2d1\\x2dx.scope",
    "/default/\(half)", "/kubepods/pod1/\(half)",
    "/docker/\(id)0/x/y", "/docker/\(id.uppercased())/a", "/user.slice", "/a/b/c", "/system.slice/something",
    "/machine.slice/docker-\(half).scope",
  ])
  func theHostIsNoContainer(path: String) {
    #expect(containerID(["cpu=\(path)"]) == "")
  }

  @Test func theFirstPathWithAnIdCounts() {
    #expect(containerID(["cpuset=/", "cpu=/docker/\(id)", "memory=/default/other"]) == "0123456789ab")
  }

  @Test func subsystemsHaveTheNamesThatUsersKnow() {
    var host = Host.withShell()
    host.apply(
      Event.execve(100, at: 9, exe: "x", comm: "x", cgroups: ["cpu_cgroup=/a/b/c", "io=/", "mem=/", "perf=/"]))
    #expect(
      host.thread(100).map { host.text($0.cgroups) } == "cpu=/a/b/c\0blkio=/\0memory=/\0perf_event=/\0")
  }

  private func containerID(_ cgroups: [String]) -> String? {
    var host = Host.withShell()
    host.apply(Event.execve(100, at: 9, exe: "x", comm: "x", cgroups: cgroups))
    return host.thread(100).map { host.text($0.containerID) }
  }
}
