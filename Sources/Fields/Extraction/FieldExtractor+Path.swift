internal import ByteText
internal import EventSchema
internal import SystemState

/// Paths of calls on the filesystem, by what they mean instead of by parameter name.
extension FieldExtractor {
  /// Where a path comes from.
  private enum Origin {
    /// A parameter; relative ones start at the working directory.
    case working(Int)
    /// A parameter; relative ones start at the directory of the descriptor in another parameter.
    case descriptor(Int, name: Int)
    /// A parameter; relative ones are the name of what was opened.
    case opened(Int)
    /// The name of the event's descriptor.
    case descriptorName

    var name: Int {
      switch self {
      case .working(let name), .descriptor(_, let name), .opened(let name): name
      case .descriptorName: -1
      }
    }
  }

  mutating func pathValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    switch plan.id {
    case .evtAbspath, .evtAbspathSrc: return absolutePath(isTarget: false, event, state)
    case .evtAbspathDst: return absolutePath(isTarget: true, event, state)
    default: break
    }
    let origin: Origin?
    switch plan.id {
    case .fsPathName, .fsPathNameraw: origin = single(event.type)
    case .fsPathSource, .fsPathSourceraw: origin = pair(event.type)?.source
    default: origin = pair(event.type)?.target
    }
    guard let origin, hasSucceeded(event) else { return .missing }
    switch plan.id {
    case .fsPathNameraw, .fsPathSourceraw, .fsPathTargetraw:
      if origin.name >= 0 { return argumentText(origin.name, event) }
      return state.current.descriptor == Slot.none ? .missing : .pool(state.descriptors[state.current.descriptor].name)
    default: return resolved(origin, event, state)
    }
  }

  /// Opens count as done unless they returned exactly -1, all other calls if they returned 0.
  private mutating func hasSucceeded(_ event: borrowing EventView) -> Bool {
    guard let result = result(event) else { return false }
    switch event.type {
    case .open, .openat, .openat2: return result != -1
    default: return result == 0
    }
  }

  private mutating func single(_ type: EventType) -> Origin? {
    switch type {
    case .mkdir, .rmdir, .unlink, .chown, .lchown, .chmod, .umount, .umount2, .quotactl:
      .working(1)
    case .mkdirat, .unlinkat, .fchmodat, .fchownat: .descriptor(1, name: 2)
    case .open: .working(1)
    case .openat, .openat2: .opened(2)
    case .fchmod, .fchown: .descriptorName
    default: nil
    }
  }

  /// For links the new path is the source, what it leads to the target.
  private mutating func pair(_ type: EventType) -> (source: Origin, target: Origin)? {
    switch type {
    case .rename: (.working(1), .working(2))
    case .renameat: (.working(2), .working(4))
    case .renameat2: (.descriptor(1, name: 2), .descriptor(3, name: 4))
    case .link: (.working(2), .working(1))
    case .linkat: (.working(4), .working(2))
    case .symlink: (.working(2), .working(1))
    case .symlinkat: (.descriptor(2, name: 3), .descriptor(-1, name: 1))
    case .mount: (.working(1), .working(2))
    default: nil
    }
  }

  private mutating func argumentText(_ position: Int, _ event: borrowing EventView) -> FieldValue {
    event.isEmpty(position) ? constants[.na] : .record(event.textRange(of: position))
  }

  private mutating func resolved(
    _ origin: Origin, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let slot = state.current.descriptor
    guard origin.name >= 0 else {
      return slot == Slot.none ? .missing : .pool(state.descriptors[slot].name)
    }
    let range = event.textRange(of: origin.name)
    let path = event.record.extracting(range)
    if PathText.isNormal(path) { return .record(range) }
    if case .opened = origin, !PathText.isAbsolute(path) {
      return slot == Slot.none ? constants[.unknownPath] : .pool(state.descriptors[slot].name)
    }
    let start = scratch.count
    switch origin {
    case .descriptor(let directory, _) where directory < 0 && !PathText.isAbsolute(path):
      scratch.append("<UNKNOWN>")
      scratch.append(path)
    case .descriptor(let directory, _) where directory >= 0:
      PathText.append(
        path, belowDescriptor: event.int64(directory, or: Int64(WH_AT_FDCWD)), state, into: &scratch)
    default:
      PathText.append(path, belowWorkingDirectory: state, into: &scratch)
    }
    return text(from: start)
  }

  private mutating func absolutePath(
    isTarget: Bool, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let directory: Int
    let name: Int
    switch event.type {
    case .renameat, .renameat2, .linkat: (directory, name) = isTarget ? (3, 4) : (1, 2)
    case .symlinkat: (directory, name) = (2, 3)
    case .openat, .openat2, .unlinkat, .mkdirat, .fchmodat, .fchownat: (directory, name) = (1, 2)
    case .open_by_handle_at:
      guard let result = result(event), result > 0 else { return .missing }
      (directory, name) = (1, 3)
    default: return .missing
    }
    guard !event.isEmpty(name), !event.isEmpty(directory) else { return .missing }
    let range = event.textRange(of: name)
    let path = event.record.extracting(range)
    // An empty path leads nowhere, not to the directory.
    if path.byteCount == 0 || PathText.isNormal(path) { return .record(range) }
    let start = scratch.count
    PathText.append(
      path, belowDescriptor: event.int64(directory, or: Int64(WH_AT_FDCWD)), state, into: &scratch)
    return text(from: start)
  }
}
