internal import EventSchema

/// CLONE_PARENT makes a sibling of the caller, as container runtimes do while they enter a container. The child has the
/// caller's descriptors, directory and ids, but its own event names only the parent that the two share.
///
/// If the caller's event comes first, nothing is to be found out. If the child's does, the caller is guessed, and its event
/// corrects a wrong guess; in a pid namespace, where the caller's event does not name the child, the guess stands.
extension SystemState {
  /// The sibling that last did something, of those that look like the child: a child begins with its caller's name.
  func likelyCaller(of child: borrowing ThreadEntry, _ event: borrowing EventView) -> UInt32 {
    let parent = threads.find(child.ptid)
    guard parent != Slot.none else { return Slot.none }
    let (name, exe) = (event.bytes(13).untilNUL(), event.bytes(1).untilNUL())
    var best = Slot.none
    var sibling = threads[parent].firstChild
    // A parent of very many is searched where its youngest are.
    for _ in 0..<1024 {
      guard sibling != Slot.none else { break }
      let entry = threads[sibling]
      if entry.tid != child.tid, !entry.isPlaceholder, !entry.isDead, texts.bytes(entry.comm).equals(name),
        texts.bytes(entry.exe).equals(exe), best == Slot.none || entry.lastSeen > threads[best].lastSeen
      {
        best = sibling
      }
      sibling = entry.nextSibling
    }
    return best
  }

  /// Gives a child what it has of its caller, in place of what a wrong guess gave it. What it has changed since stays.
  mutating func correctHeritage(of child: UInt32, from caller: UInt32) {
    let (guess, right) = (threads[child].inheritedFrom, threads[caller].pid)
    guard threads[child].flags.contains(.parent), guess != right, !threads[child].isDead,
      threads[child].readTime == 0, current.timestamp >= threads[child].cloneTime,
      current.timestamp - threads[child].cloneTime < RecentExits.memory
    else { return }
    threads[child].inheritedFrom = right
    let wrong = guess < 0 ? Slot.none : threads.find(guess)
    let source = threads[caller]
    correctIDs(of: child, wrong, source)
    if threads[child].execTime < threads[child].cloneTime { correctImage(of: child, source) }
    let process = threads.mainThread(of: caller)
    if process != Slot.none {
      let known = threads[child].cwd
      if known.isEmpty || wrong != Slot.none && texts.bytes(known).equals(texts.bytes(threads[wrong].cwd)) {
        let right = threads[process].cwd
        texts.retain(right)
        texts.release(known)
        threads[child].cwd = right
      }
    }
    correctFiles(of: child, wrong, source.files)
  }

  private mutating func correctIDs(of child: UInt32, _ wrong: UInt32, _ source: ThreadEntry) {
    func isInherited(_ field: KeyPath<ThreadEntry, Int32>) -> Bool {
      let value = threads[child][keyPath: field]
      return value < 0 || wrong != Slot.none && value == threads[wrong][keyPath: field]
    }
    if isInherited(\.sid) { threads[child].sid = source.sid }
    if isInherited(\.pgid) { threads[child].pgid = source.pgid }
    if isInherited(\.vpgid) { threads[child].vpgid = source.vpgid }
    threads[child].tty = source.tty
    threads[child].loginuid = source.loginuid
    threads[child].capInheritable = source.capInheritable
    threads[child].capPermitted = source.capPermitted
    threads[child].capEffective = source.capEffective
  }

  private mutating func correctImage(of child: UInt32, _ source: ThreadEntry) {
    let (path, root) = (threads[child].exepath, threads[child].root)
    texts.retain(source.exepath)
    texts.retain(source.root)
    texts.release(path)
    texts.release(root)
    threads[child].exepath = source.exepath
    threads[child].root = source.root
    threads[child].executable = source.executable
    threads[child].exeInode = source.exeInode
    threads[child].exeChangeTime = source.exeChangeTime
    threads[child].exeModificationTime = source.exeModificationTime
    guard source.main != Slot.none else { return }
    let (env, right) = (threads[child].env, threads[source.main].env)
    texts.retain(right)
    texts.release(env)
    threads[child].env = right
    dropDigest(of: child)
    shareDigest(of: source.main, with: child)
  }

  /// Descriptors that the child has opened itself stay; those that it closed meanwhile come back, until their number is
  /// given out again.
  private mutating func correctFiles(of child: UInt32, _ wrong: UInt32, _ right: UInt32) {
    guard right != Slot.none, threads[child].files != right else { return }
    if threads[child].flags.contains(.files) {
      dropFiles(of: child)
      threads.share(files: right, with: child)
      return
    }
    let files = threads[child].files
    guard files != Slot.none, threads.fileTables[files].sharers == 1 else { return }
    var slot = threads.fileTables[files].first
    while slot != Slot.none {
      let next = descriptors[slot].nextInTable
      if descriptors[slot].flags.contains(.cloned) { removeDescriptor(files, slot) }
      slot = next
    }
    copyDescriptors(from: right, to: files, adding: .cloned, replacing: false)
  }
}
