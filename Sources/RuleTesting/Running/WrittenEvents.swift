internal import EventSchema
internal import SystemState

/// Written events, one after the other through state and rules.
enum WrittenEvents {
  /// - Returns: The problems for which an event could not be made, `nil` if there are none.
  static func play(_ events: [EventSpec], _ scene: Scene, file: String, into run: inout CaseRun) -> [TestFileProblem]? {
    var state = scene.state()
    var problems = Problems(file: file)
    let records = records(of: events, scene, &problems)
    if !problems.all.isEmpty { return problems.all }
    for (record, cpu) in records {
      do throws(RecordError) {
        let event = try EventView(validating: record.span.bytes, cpu: cpu)
        state.apply(event)
        run.take(event, state)
      } catch { preconditionFailure("the record of a written event does not decode: \(error)") }
    }
    return nil
  }

  static func records(of events: [EventSpec], _ scene: Scene, _ problems: inout Problems) -> [([UInt8], UInt16)] {
    var writer = EventWriter(scene)
    return events.compactMap { event in writer.record(event, &problems).map { ($0, event.cpu) } }
  }
}
