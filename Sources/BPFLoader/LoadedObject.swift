public import Capture
public import EventSchema

/// A capture driver's object in the kernel, with the programs that some interest can need, none attached.
public struct LoadedObject: ~Copyable {
  public let object: KernelObjects
  public let table: ProgramTable
  /// The programs that are loaded.
  public let names: Set<String>
  /// Events that were to be loaded, and have no program because of the verifier.
  public let refused: EventTypeSet

  /// Loads without each program that the verifier refuses, one after the other: libbpf gives up at the first.
  ///
  /// - Parameters:
  ///   - name: What errors call the object.
  ///   - open: Opens the object's file; called once more for each refused program.
  ///   - prepare: Sizes the maps and fixes what has to be fixed before loading.
  /// - Throws: ``CaptureError/refused(program:errno:log:)`` if a dispatcher is refused, if the kernel lets no program
  ///   read its memory, or if nothing says which program was refused; ``CaptureError/system(errno:during:)`` if the
  ///   object cannot be read.
  public init(
    name: String, _ options: CaptureOptions, open: () throws(BPFError) -> BPFObject,
    prepare: (inout BPFObject) throws(BPFError) -> Void
  ) throws(CaptureError) {
    let needed = ProgramTable.needed(by: options.loadable)
    // Programs that are left out; only those that the verifier refused are told.
    var refused: Set<String> = []
    var isFirst = true
    while true {
      var object = try attempting(open)
      let table = ProgramTable(names: object.programNames)
      if isFirst, needed.contains(.io_uring_submit), table.available.contains(.io_uring_submit) {
        refused = ProgramTable.otherForms()
        if table.programs.allSatisfy({ $0.event != .io_uring_submit || refused.contains($0.name) }) {
          options.onDegraded?(
            "io_uring_submit", "this kernel has no tracepoint in a known form for requests on an io_uring")
        }
      }
      isFirst = false
      var names = Set(table.programs.lazy.filter { needed.contains($0.event) }.map(\.name)).subtracting(refused)
      names.insert(ProgramTable.exitDispatcher)
      if table.programs.contains(where: { $0.place == .entry && names.contains($0.name) }) {
        names.insert(ProgramTable.entryDispatcher)
        names.insert(ProgramTable.entryStage)
      }
      names.insert(ProgramTable.exitStage)
      names.subtract(refused)
      object.select { names.contains($0) }
      let loaded: KernelObjects
      do throws(BPFError) {
        try prepare(&object)
        loaded = try object.load()
      } catch {
        let reason = VerifierLog.tellingLines(error.log)
        let culprit = VerifierLog.refusedProgram(error.log)
        let isSpare = culprit.map { names.contains($0) && !ProgramTable.isDispatcher($0) } ?? false
        guard let culprit, isSpare, !VerifierLog.deniesKernelMemory(error.log) else {
          throw .refused(program: culprit ?? name, errno: error.errno, log: reason)
        }
        refused.insert(culprit)
        options.onDegraded?(culprit, reason)
        continue
      }
      self.object = loaded
      self.table = table
      self.names = names
      var events = EventTypeSet(table.programs.lazy.filter { [refused] in refused.contains($0.name) }.map(\.event))
      events.subtract(EventTypeSet(table.programs.lazy.filter { [names] in names.contains($0.name) }.map(\.event)))
      self.refused = events
      return
    }
  }

  public func descriptor(map: String) throws(CaptureError) -> Int32 {
    try attempting { () throws(BPFError) in try object.descriptor(map: map) }
  }

  public func attach(_ program: String) throws(CaptureError) -> BPFLink {
    try attempting { () throws(BPFError) in try object.attach(program: program) }
  }
}

/// Runs a loader call and tells its failure in the driver's terms.
public func attempting<T: ~Copyable>(_ body: () throws(BPFError) -> T) throws(CaptureError) -> T {
  do throws(BPFError) {
    return try body()
  } catch {
    throw .system(errno: error.errno, during: error.operation)
  }
}
