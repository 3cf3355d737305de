internal import EventSchema

extension FieldClass {
  static let path = FieldClass(
    name: "fs.path", title: "Paths", description: "Paths that a successful call on the filesystem is about, whatever the call and its parameters.",
    sources: ["syscall"],
    fields: [
      FieldInfo(.fsPathName, "fs.path.name", .text, "Path",
        "Absolute path that the call changed, opened or removed."),
      FieldInfo(.fsPathNameraw, "fs.path.nameraw", .text, "Path as given",
        "The path as the program wrote it."),
      FieldInfo(.fsPathSource, "fs.path.source", .text, "Source",
        "Absolute path of the first of two: the old name, the new link, the mounted device."),
      FieldInfo(.fsPathSourceraw, "fs.path.sourceraw", .text, "Source as given",
        "The source path as the program wrote it."),
      FieldInfo(.fsPathTarget, "fs.path.target", .text, "Target",
        "Absolute path of the second of two: the new name, what the link leads to, the mount point."),
      FieldInfo(.fsPathTargetraw, "fs.path.targetraw", .text, "Target as given",
        "The target path as the program wrote it."),
    ])
}
