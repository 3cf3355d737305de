internal import EventSchema

extension FieldClass {
  static let utility = FieldClass(
    name: "util", title: "Utilities", description: "Aids for debugging conditions.",
    sources: ["syscall"],
    fields: [
      FieldInfo(.utilCnt, "util.cnt", .uint64, "Evaluations",
        "How many events this same field was looked at on."),
    ])
}
