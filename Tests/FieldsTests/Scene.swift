import CaptureTesting
import EventSchema
import Fields
import JSONText
import SystemState

/// A host that events are applied to, and fields of the last of them as text.
struct Scene: ~Copyable {
  var state: SystemState
  private var last: [UInt8] = []

  init(machine: Machine = Machine()) { state = SystemState(machine: machine) }

  /// init (1), a shell (100) with working directory /srv, and its child cat (200), each after an exec.
  static func withShellAndCat(machine: Machine = Machine()) -> Scene {
    var scene = Scene(machine: machine)
    scene.apply(Event.execve(1, at: 1_000, exe: "/sbin/init", ptid: 0, comm: "systemd", path: "/usr/lib/systemd/systemd"))
    scene.apply(Event.clone(100, at: 2_000, result: 0, ptid: 1, comm: "bash"))
    scene.apply(
      Event.execve(
        100, at: 3_000, exe: "-bash", arguments: ["-l"], ptid: 1, comm: "bash",
        environment: ["HOME=/root", "SPACED= x ", "EMPTY="], path: "/usr/bin/bash"))
    scene.apply(Event.chdir(100, at: 4_000, "/srv"))
    scene.apply(Event.clone(200, at: 5_000, result: 0, ptid: 100, comm: "bash"))
    scene.apply(
      Event.execve(
        200, at: 6_000, exe: "cat", arguments: ["-n", "/etc/passwd"], ptid: 100, comm: "cat",
        environment: ["HOME=/home/u"], tty: 34816, loginuid: 1000, uid: 0, path: "/usr/bin/cat"))
    return scene
  }

  mutating func apply(_ record: [UInt8]) {
    last = record
    do {
      let view = try EventView(validating: record.span.bytes)
      state.apply(view)
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }

  /// The text of a field on the last event, as alerts show it.
  func text(_ field: String) -> String { texts([field])[0] }

  func texts(_ names: [String]) -> [String] {
    withExtractor(names) { extractor, event, state in
      names.indices.map { index in
        var text: [UInt8] = []
        extractor.render(index, event, state, into: &text)
        return String(decoding: text, as: UTF8.self)
      }
    }
  }

  func json(_ field: String) -> String {
    withExtractor([field]) { extractor, event, state in
      var json = JSONWriter()
      extractor.write(0, event, state, into: &json)
      return String(decoding: json.bytes, as: UTF8.self)
    }
  }

  func value(_ field: String) -> FieldValue {
    withExtractor([field]) { extractor, event, state in extractor.value(0, event, state) }
  }

  /// The items of a list value as text.
  func items(_ field: String) -> [String] {
    withExtractor([field]) { extractor, event, state in
      let list = extractor.value(0, event, state)
      guard list.kind == .list else { return [] }
      return (0..<list.count).map {
        var text: [UInt8] = []
        extractor.render(extractor.item($0, of: list), event, state, into: &text)
        return String(decoding: text, as: UTF8.self)
      }
    }
  }

  private func withExtractor<Result>(
    _ names: [String], _ body: (inout FieldExtractor, borrowing EventView, borrowing SystemState) -> Result
  ) -> Result {
    let fields = names.map { name -> ResolvedField in
      switch FieldCatalogue.resolve(name) {
      case .success(let field): return field
      case .failure(let error): preconditionFailure("\(error)")
      }
    }
    var extractor = FieldExtractor(fields)
    extractor.begin()
    do {
      let view = try EventView(validating: last.span.bytes)
      return body(&extractor, view, state)
    } catch { preconditionFailure("\(error)") }
  }
}
