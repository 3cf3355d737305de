import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Filesystems: quotas, mounts by file descriptor, handles, and the layers of an overlay.
  @Suite struct MountTests {
    private func flag(_ group: FlagGroup, _ symbol: String) -> Int64 {
      Schema.flags(group)!.flags.first { $0.symbol == symbol }!.value
    }

    /// All of quotactl's parameters with those that matter; the others are what an unused one holds.
    private func quota(
      _ result: Int64, command: String, type: Int64 = 1, path: Expected = .empty, hard: Int64 = 0, soft: Int64 = 0,
      space: Int64 = 0, inodesHard: Int64 = 0, inodesSoft: Int64 = 0, blockTime: Int64 = 0, inodeTime: Int64 = 0,
      blockGrace: Int64 = 0, inodeGrace: Int64 = 0, infoFlags: Int64 = 0, formatOut: Int64 = 1, id: Int64 = 0,
      format: Int64 = 1
    ) -> KeyValuePairs<String, Expected> {
      [
        "res": .number(result), "special": "/no/device", "quotafilepath": path, "dqb_bhardlimit": .number(hard),
        "dqb_bsoftlimit": .number(soft), "dqb_curspace": .number(space), "dqb_ihardlimit": .number(inodesHard),
        "dqb_isoftlimit": .number(inodesSoft), "dqb_btime": .number(blockTime), "dqb_itime": .number(inodeTime),
        "dqi_bgrace": .number(blockGrace), "dqi_igrace": .number(inodeGrace), "dqi_flags": .number(infoFlags),
        "quota_fmt_out": .number(formatOut), "cmd": .number(flag(.quotactl_cmds, command)), "type": .number(type),
        "id": .number(id), "quota_fmt": .number(format),
      ]
    }

    /// The structures are the caller's, so that no filesystem with quotas is needed: the calls fail.
    @Test(arguments: drivers) func quotactlShowsItsStructures(_ kind: DriverKind) throws {
      let device = text("/no/device")
      // struct if_dqblk: bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime, valid.
      let block = leak(
        .wire(UInt64(11), UInt64(12), UInt64(13), UInt64(14), UInt64(15), UInt64(16), UInt64(17), UInt64(18))
          + .wire(UInt32(0x3f)))
      try checkCall(kind, .quotactl, [0x8000_0800, device, 1000, block]) {
        quota(
          $0, command: "Q_SETQUOTA", hard: 11, soft: 12, space: 13, inodesHard: 14, inodesSoft: 15, blockTime: 17,
          inodeTime: 18, id: 1000)
      }
      // Only what is marked valid counts: here the limits of blocks.
      let limits = leak(.wire(UInt64(11), UInt64(12)) + [UInt8](repeating: 9, count: 48) + .wire(UInt32(1)))
      try checkCall(kind, .quotactl, [0x8000_0801, device, 7, limits]) {
        quota($0, command: "Q_SETQUOTA", type: 2, hard: 11, soft: 12, id: 7)
      }
      // struct if_dqinfo: bgrace, igrace, flags, valid.
      let info = leak(.wire(UInt64(21), UInt64(22), UInt32(1), UInt32(7)))
      try checkCall(kind, .quotactl, [0x8000_0600, device, 0, info]) {
        quota($0, command: "Q_SETINFO", blockGrace: 21, inodeGrace: 22, infoFlags: 1)
      }
      try checkCall(kind, .quotactl, [0x8000_0200, device, 2, text("/quota.user")]) {
        quota($0, command: "Q_QUOTAON", path: "/quota.user", format: flag(.quotactl_quota_fmts, "QFMT_VFS_V0"))
      }
      try checkCall(kind, .quotactl, [0x8000_0400, device, 0, leak(.wire(UInt32(4)))]) {
        quota($0, command: "Q_GETFMT", formatOut: flag(.quotactl_quota_fmts, "QFMT_VFS_V1"))
      }
    }

    @Test(arguments: drivers) func fsconfigShowsKeyAndValue(_ kind: DriverKind) throws {
      let fsopen = call(.fsopen, text("tmpfs"), 0)
      try #require(fsopen >= 0)
      defer { close(Int32(fsopen)) }
      let fd = Expected.number(fsopen)
      try checkCall(kind, .fsconfig, [UInt64(fsopen), 1, text("size"), text("1m"), 0]) { _ in
        ["res": 0, "fd": fd, "cmd": 1, "key": "size", "value_bytebuf": .empty, "value_charbuf": "1m", "aux": 0]
      }
      // tmpfs takes no binary values.
      try checkCall(kind, .fsconfig, [UInt64(fsopen), 2, text("blob"), leak([1, 2, 3]), 3]) {
        [
          "res": .number($0), "fd": fd, "cmd": 2, "key": "blob", "value_bytebuf": $0 < 0 ? .empty : .bytes([1, 2, 3]),
          "value_charbuf": .empty, "aux": 3,
        ]
      }
      try checkCall(kind, .fsconfig, [UInt64(fsopen), 0, text("noswap-or-not"), 0, 0]) {
        [
          "res": .number($0), "fd": fd, "cmd": 0, "key": "noswap-or-not", "value_bytebuf": .empty,
          "value_charbuf": .empty, "aux": 0,
        ]
      }
      try checkCall(kind, .fsconfig, [UInt64(fsopen), 6, 0, 0, 0]) { _ in
        ["res": 0, "fd": fd, "cmd": 6, "key": .empty, "value_bytebuf": .empty, "value_charbuf": .empty, "aux": 0]
      }
    }

    @Test(arguments: drivers) func handlesLeadToThePathOfTheirFile(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = scratch.file("by-handle")
      close(creat(path, 0o600))
      let handle = leak(.wire(UInt32(128), Int32(0)) + [UInt8](repeating: 0, count: 128))
      let mount = leak(.wire(UInt32(0)))
      try #require(call(.name_to_handle_at, currentDirectory, text(path), handle, mount, 0) == 0)
      let directory = open(scratch.path, O_RDONLY | O_DIRECTORY)
      defer { close(directory) }
      try checkCall(kind, .open_by_handle_at, [UInt64(directory), handle, UInt64(O_RDWR | O_CLOEXEC)]) { result in
        let file = status(of: result)
        close(Int32(result))
        return [
          "fd": .number(result), "mountfd": .number(Int64(directory)), "flags": 0x1003, "path": .text(path),
          "dev": .number(Int64(wh_encoded_device(UInt64(file.st_dev)))), "ino": .number(Int64(file.st_ino)),
        ]
      }
      try checkCall(kind, .open_by_handle_at, [999, handle, UInt64(O_RDONLY)]) { _ in
        ["fd": .number(Int64(-EBADF)), "mountfd": 999, "flags": 1, "path": .empty, "dev": 0, "ino": 0]
      }
    }

    @Test(arguments: drivers) func layersOfAnOverlayAreMarked(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      // The upper layer must be on a filesystem that keeps extended attributes.
      let base = scratch.file("base")
      mkdir(base, 0o700)
      try #require(mount("tmpfs", base, "tmpfs", 0, nil) == 0, "errno \(errno)")
      defer { umount2(base, Int32(MNT_DETACH)) }
      for name in ["lower", "upper", "work", "merged"] { mkdir("\(base)/\(name)", 0o700) }
      close(creat("\(base)/lower/file", 0o600))
      let options = "lowerdir=\(base)/lower,upperdir=\(base)/upper,workdir=\(base)/work"
      try #require(mount("overlay", "\(base)/merged", "overlay", 0, options) == 0, "overlay: errno \(errno)")
      defer { umount2("\(base)/merged", Int32(MNT_DETACH)) }
      let file = "\(base)/merged/file", fresh = "\(base)/merged/fresh"
      var descriptors: [Int64] = []
      let events = try record(kind, [.openat, .creat], resolvesPaths: true) {
        descriptors.append(call(.openat, currentDirectory, text(file), UInt64(O_RDONLY)))
        // Writing copies the file up.
        descriptors.append(call(.openat, currentDirectory, text(file), UInt64(O_RDWR)))
        descriptors.append(call(.creat, text(fresh), 0o600))
      }
      defer { for descriptor in descriptors { close(Int32(descriptor)) } }
      let opened = events.of(.openat)
      try #require(opened.count == 2 && descriptors.allSatisfy { $0 > 0 })
      #expect(opened[0]["flags"] == flag(.file_flags, "FD_LOWER_LAYER") | 1)
      #expect(opened[1]["flags"] == flag(.file_flags, "FD_UPPER_LAYER") | 3)
      #expect(opened.map { $0[text: "realpath"] } == [file, file])
      let created = try events.only(.creat)
      #expect(created["creat_flags"] == flag(.creat_flags, "FD_UPPER_LAYER_CREAT"))
      #expect(created["ino"] == Int64(status(of: descriptors[2]).st_ino))
    }
  }
}
