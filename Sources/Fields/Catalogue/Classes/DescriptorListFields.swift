internal import EventSchema

extension FieldClass {
  static let descriptorList = FieldClass(
    name: "fdlist", title: "Descriptor lists", description: "The descriptors that a poll or ppoll waits for.",
    sources: ["syscall"],
    fields: [
      FieldInfo(.fdlistNums, "fdlist.nums", .text, "Numbers",
        "Numbers of the descriptors, joined by commas."),
      FieldInfo(.fdlistNames, "fdlist.names", .text, "Names",
        "Names of the descriptors, joined by commas."),
      FieldInfo(.fdlistCips, "fdlist.cips", .text, "Client addresses",
        "Client addresses of the connections among them, joined by commas."),
      FieldInfo(.fdlistSips, "fdlist.sips", .text, "Server addresses",
        "Server addresses of the connections among them, joined by commas."),
      FieldInfo(.fdlistCports, "fdlist.cports", .text, "Client ports",
        "Client ports of the connections among them, joined by commas."),
      FieldInfo(.fdlistSports, "fdlist.sports", .text, "Server ports",
        "Server ports of the connections among them, joined by commas."),
    ])
}
