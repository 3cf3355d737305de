import JSONText
import SystemState
import Testing

@testable import ContainerRuntimes

private let id = "bc1fa8169d74f68879dad5c4bda57344ced0a608f9d37bc01981b37382fb772f"

/// Answers as engines give them, cut down to what is read; the values are those that the engines' own tools show.
@Suite struct InspectionTests {
  private let reference = ContainerReference(NewContainer(id: "bc1fa8169d74", fullID: id, shape: .docker))!

  private func read(_ text: String) throws -> RuntimeAnswer? {
    EngineInspection.read(try JSONValue(parsing: Array(text.utf8)), reference, kind: .docker)
  }

  @Test func anInspectionTellsAll() throws {
    let answer = try #require(
      try read(
        """
        {"Id":"\(id)","Created":"2026-11-21T09:06:30.423292726Z","Name":"/web","Image":"sha256:7161",
         "State":{"Status":"running","Running":true,"Pid":14847,"StartedAt":"2026-11-21T09:06:30.608294721Z"},
         "HostConfig":{"Privileged":true,"PidMode":"host","NetworkMode":"host","IpcMode":"shareable"},
         "Mounts":[{"Type":"bind","Source":"/etc/hostname","Destination":"/data","Mode":"ro","RW":false,
                    "Propagation":"rprivate"}],
         "NetworkSettings":{"IPAddress":"","Networks":{"front":{"IPAddress":"172.18.0.2"}}},
         "Config":{"User":"app","Env":["A=1","B=2"],"Image":"example.org/test/busy:1.0",
                   "Labels":{"maintainer":"someone","io.kubernetes.sandbox.id":"ff00"},
                   "Healthcheck":{"Test":["CMD-SHELL","curl -f http://localhost"]}}}
        """))
    let metadata = answer.metadata
    #expect(metadata.id == "bc1fa8169d74" && metadata.fullID == id && metadata.name == "web")
    #expect(metadata.image == "example.org/test/busy:1.0" && metadata.imageRepository == "example.org/test/busy")
    #expect(metadata.imageTag == "1.0" && metadata.imageID == "7161" && metadata.user == "app")
    #expect(metadata.flags == [.privileged, .hostPids, .hostNetwork])
    #expect(metadata.address == "172.18.0.2" && metadata.sandboxID == "ff00")
    #expect(metadata.environment == ["A=1", "B=2"] && metadata.mounts.count == 1 && !metadata.mounts[0].isWritable)
    #expect(metadata.healthCheck == .init("/bin/sh", ["-c", "curl -f http://localhost"]))
    #expect(metadata.createdTime == 1_795_251_990_423_292_726)
    #expect(answer.process == 14847 && answer.isSettled)
  }

  @Test(arguments: [
    (#"["NONE"]"#, ContainerMetadata.Probe.none), (#"["CMD","/bin/true","x"]"#, .init("/bin/true", ["x"])),
    ("[]", nil), (#"["CMD"]"#, nil), ("null", nil),
  ] as [(String, ContainerMetadata.Probe?)])
  func healthChecksHaveThreeForms(test: String, expected: ContainerMetadata.Probe?) throws {
    let answer = try read(#"{"Id":"\#(id)","Config":{"Healthcheck":{"Test":\#(test)}}}"#)
    #expect(answer?.metadata.healthCheck == expected)
  }

  @Test func anotherContainersAnswerIsNone() throws {
    #expect(try read(#"{"Id":"bc1f","Name":"/web"}"#) == nil)
    #expect(try read("[]") == nil)
    #expect(try read(#"{"Id":7}"#) == nil)
  }

  @Test func aContainerByAnImagesIdHasTheImagesName() throws {
    var metadata = try #require(
      try read(#"{"Id":"\#(id)","Image":"sha256:7161","Config":{"Image":"sha256:7161"}}"#)).metadata
    #expect(metadata.image == "")
    EngineInspection.add(
      image: try JSONValue(
        parsing: Array(#"{"RepoTags":["a/b:1"],"RepoDigests":["x/y@sha256:1","a/b@sha256:2"]}"#.utf8)), to: &metadata)
    #expect(metadata.image == "a/b:1" && metadata.imageDigest == "sha256:2")
  }

  @Test func aTagLeftOutIsLatest() throws {
    #expect(try read(#"{"Id":"\#(id)","Config":{"Image":"busybox"}}"#)?.metadata.imageTag == "latest")
  }
}
