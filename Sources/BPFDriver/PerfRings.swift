internal import BPFLoader
internal import Capture
internal import Glibc

/// The perf buffers of the host's CPUs, each in the programs' map.
enum PerfRings {
  /// The least that is worth capturing with: a few of the largest records.
  static let leastBytes = 256 << 10

  /// Opens one buffer for each CPU that is online.
  ///
  /// A CPU that comes online later has none: its events count as lost to a full ring until the driver is opened anew.
  ///
  /// Takes a moment and no programs: whoever may not have buffers is told before the verifier has looked at any.
  static func open(cpus: Int, _ options: CaptureOptions) throws(CaptureError) -> [PerfRing] {
    var rings: [PerfRing] = []
    var bytes = options.bufferBytesPerLane
    for cpu in 0..<cpus {
      do throws(BPFError) { rings.append(try ring(of: cpu, &bytes)) } catch {
        if error.errno == ENODEV { continue }
        throw .system(errno: error.errno, during: error.operation)
      }
    }
    if bytes < options.bufferBytesPerLane {
      options.onDegraded?(
        CaptureOptions.ringsAreDegraded,
        "\(bytes >> 10) KiB for each CPU instead of \(options.bufferBytesPerLane >> 10): raise kernel.perf_event_mlock_kb, or grant CAP_IPC_LOCK")
    }
    return rings
  }

  /// Puts the buffers into the programs' map of them.
  ///
  /// - Parameter map: Its descriptor.
  static func connect(_ rings: [PerfRing], to map: Int32) throws(CaptureError) {
    for ring in rings {
      do throws(BPFError) { try store(descriptor: ring.descriptor, at: UInt32(ring.cpu), ofMap: map) } catch {
        throw .system(errno: error.errno, during: error.operation)
      }
    }
  }

  /// Without CAP_IPC_LOCK the kernel allows little memory: takes half as much until it is content.
  private static func ring(of cpu: Int, _ bytes: inout Int) throws(BPFError) -> PerfRing {
    while true {
      do throws(BPFError) {
        return try PerfRing(cpu: cpu, byteCount: bytes)
      } catch {
        guard error.errno == EPERM, error.operation.hasPrefix("map "), bytes / 2 >= leastBytes else { throw error }
        bytes /= 2
      }
    }
  }
}
