internal import EventSchema

extension FieldClass {
  static let user = FieldClass(
    name: "user", title: "Users", description: "The user whose rights the thread has, and the one who logged in.",
    sources: ["syscall"],
    fields: [
      FieldInfo(.userUid, "user.uid", .uint32, "User id",
        "Effective user id of the thread."),
      FieldInfo(.userName, "user.name", .text, "User name",
        "Name of the effective user."),
      FieldInfo(.userHomedir, "user.homedir", .text, "Home directory",
        "Home directory of the effective user."),
      FieldInfo(.userShell, "user.shell", .text, "Shell",
        "Login shell of the effective user."),
      FieldInfo(.userLoginuid, "user.loginuid", .int64, "Login user id",
        "Id of the user who logged in; -1 if nobody did."),
      FieldInfo(.userLoginname, "user.loginname", .text, "Login user name",
        "Name of the user who logged in."),
    ])
}
