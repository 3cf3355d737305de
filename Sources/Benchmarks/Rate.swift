import Glibc

/// Whether a watcher keeps up with a given rate: calls at that rate, the watcher with its default rules and ring beside
/// them, and what it has lost at the end.
enum Rate {
  static let threads = 2

  /// Starts the watcher, makes `perSecond` calls for `seconds`, and prints what became of them.
  static func measure(_ binary: String, perSecond: Int, seconds: Int, options: [String]) {
    let agent = Agent(binary, ["run"] + options)
    let text = Child.run(CommandLine.arguments[0], ["pace", "\(perSecond)", "\(seconds)"])
    let words = text.split(separator: " ")
    guard words.count == 2, let made = Int(words[0]), let wall = Double(words[1].dropLast(1)) else {
      fatalError("pace printed \(text)")
    }
    let cpu = agent.cpuTime / 1e9
    let counts = agent.stopAndCount()
    print(
      "\(Int(Double(made) / wall)) calls per second for \(Int(wall.rounded())) s: \(made) made, "
        + "\(counts.seen) events seen (other processes' included), \(counts.lost) lost; "
        + "the watcher used \(Int((cpu / wall * 100).rounded())) % of a CPU")
  }

  /// Makes `perSecond` calls altogether, in two threads, and prints how many it made, and the seconds that it took.
  ///
  /// The call is close of a descriptor that does not exist: a record of fixed size, and in every interest.
  static func pace(perSecond: Int, seconds: Int) {
    var parts: [Part] = []
    let start = monotonic()
    for _ in 0..<threads { parts.append(Part(perSecond: perSecond / threads, seconds: seconds)) }
    for part in parts { part.join() }
    print(parts.reduce(0) { $0 + $1.made }, (monotonic() - start) / 1e9)
  }

  private final class Part: @unchecked Sendable {
    private let perSecond: Int
    private let seconds: Int
    private var thread = pthread_t()
    private(set) var made = 0

    init(perSecond: Int, seconds: Int) {
      self.perSecond = perSecond
      self.seconds = seconds
      let error = unsafe pthread_create(
        &thread, nil,
        { argument in
          unsafe Unmanaged<Part>.fromOpaque(argument!).takeUnretainedValue().run()
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      guard error == 0 else { fatalError("pthread_create: errno \(error)") }
    }

    func join() { unsafe pthread_join(thread, nil) }

    /// Steps of a hundred calls. What is behind is made up for; what is ahead waits in the kernel, so that the watcher
    /// finds a CPU.
    private func run() {
      let start = monotonic()
      let total = perSecond * seconds
      while made < total {
        let due = Int((monotonic() - start) / 1e9 * Double(perSecond))
        if made >= due {
          usleep(100)
          continue
        }
        for _ in 0..<100 { close(-1) }
        made += 100
      }
    }
  }
}
