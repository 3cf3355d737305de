import ContainerRuntimes
import Glibc

/// Runs pods over the Container Runtime Interface, as a kubelet does: `PodClient SOCKET run-pod NAME LABEL=VALUE`,
/// `run-container POD NAME IMAGE COMMAND…`, `remove-pod POD`. Prints the id of what it made.
///
/// The requests are put together by field numbers of the interface (api.proto of cri-api, `runtime.v1`).
struct PodClient {
  let socket: RuntimeSocket
  static let namespace = "shop"
  static let uid = "0b1c2d3e-0000-4000-8000-000000000001"

  func call(_ method: String, _ request: ProtobufWriter) throws -> String {
    guard let response = try socket.call("/runtime.v1.RuntimeService/\(method)", request.bytes) else {
      fail("\(method): not found")
    }
    var reader = ProtobufReader(response)
    while let field = try reader.next() { if field.number == 1 { return field.value.text } }
    return ""
  }

  /// On the host's network, so that no network plugin is needed.
  func podConfig(_ name: String, _ label: String) -> [UInt8] {
    let network = message { $0.put(1, value: 2) }
    // Privileged, or its containers must not be.
    let security = message {
      $0.put(1, bytes: network)
      $0.put(6, flag: true)
    }
    return message {
      $0.put(
        1,
        bytes: message {
          $0.put(1, name)
          $0.put(2, PodClient.uid)
          $0.put(3, PodClient.namespace)
        })
      $0.put(3, "/tmp")
      let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
      $0.put(
        6,
        bytes: message {
          $0.put(1, parts[0])
          $0.put(2, parts[1])
        })
      $0.put(8, bytes: message { $0.put(2, bytes: security) })
    }
  }

  func runPod(_ name: String, _ label: String) throws -> String {
    var request = ProtobufWriter()
    request.put(1, bytes: podConfig(name, label))
    return try call("RunPodSandbox", request)
  }

  func runContainer(_ pod: String, _ podName: String, _ label: String, _ name: String, _ image: String, _ command: [String]) throws
    -> String
  {
    let config = message {
      $0.put(1, bytes: message { $0.put(1, name) })
      $0.put(2, bytes: message { $0.put(1, image) })
      for word in command { $0.put(3, word) }
      $0.put(
        6,
        bytes: message {
          $0.put(1, "SECRET")
          $0.put(2, "none")
        })
      $0.put(
        7,
        bytes: message {
          $0.put(1, "/hosts")
          $0.put(2, "/etc/hosts")
          $0.put(3, flag: true)
        })
      $0.put(
        9,
        bytes: message {
          $0.put(1, "tier")
          $0.put(2, "front")
        })
      // Privileged.
      $0.put(15, bytes: message { $0.put(2, bytes: message { $0.put(2, flag: true) }) })
    }
    var request = ProtobufWriter()
    request.put(1, pod)
    request.put(2, bytes: config)
    request.put(3, bytes: podConfig(podName, label))
    let id = try call("CreateContainer", request)
    var start = ProtobufWriter()
    start.put(1, id)
    _ = try call("StartContainer", start)
    return id
  }

  func removePod(_ pod: String) throws {
    var request = ProtobufWriter()
    request.put(1, pod)
    _ = try call("StopPodSandbox", request)
    _ = try call("RemovePodSandbox", request)
  }

  private func message(_ fill: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    fill(&writer)
    return writer.bytes
  }
}

func fail(_ message: String) -> Never {
  let line = Array("PodClient: \(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  exit(1)
}

let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 2 else { fail("SOCKET COMMAND …") }
var limits = RuntimeSocket.Limits()
limits.milliseconds = 20_000
let client = PodClient(socket: RuntimeSocket(path: words[0], limits: limits))
do {
  switch words[1] {
  case "run-pod" where words.count == 4: print(try client.runPod(words[2], words[3]))
  case "run-container" where words.count >= 8:
    print(try client.runContainer(words[2], words[3], words[4], words[5], words[6], Array(words[7...])))
  case "remove-pod" where words.count == 3: try client.removePod(words[2])
  default: fail("no command \(words.dropFirst().joined(separator: " "))")
  }
} catch { fail("\(error)") }
