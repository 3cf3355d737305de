internal import EventSchema

extension FieldClass {
  static let group = FieldClass(
    name: "group", title: "Groups", description: "The group whose rights the thread has.",
    sources: ["syscall"],
    fields: [
      FieldInfo(.groupGid, "group.gid", .uint32, "Group id",
        "Effective group id of the thread."),
      FieldInfo(.groupName, "group.name", .text, "Group name",
        "Name of the effective group."),
    ])
}
