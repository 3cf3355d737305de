import EventSchema
import Fields
import Testing

@Suite struct CatalogueTests {
  private func error(_ text: String) -> FieldError? {
    if case .failure(let error) = FieldCatalogue.resolve(text) { error } else { nil }
  }
  private func field(_ text: String) -> ResolvedField? { try? FieldCatalogue.resolve(text).get() }

  @Test func everyFieldResolvesByItsNameOrAsksForItsArgument() {
    var count = 0
    for fieldClass in FieldCatalogue.classes {
      for info in fieldClass.fields {
        count += 1
        switch FieldCatalogue.resolve(info.name) {
        case .success(let field): #expect(field.id == info.id)
        case .failure(.missingArgument): #expect(info.argument.isRequired, "\(info.name)")
        case .failure(let error): Issue.record("\(info.name): \(error)")
        }
        #expect(!info.title.isEmpty && info.description.hasSuffix("."), "\(info.name)")
      }
    }
    #expect(count == FieldID.allCases.count)
    #expect(count == 302)
  }

  @Test func anArgumentBehindADotNamesAParameter() throws {
    let field = try FieldCatalogue.resolve("evt.arg.flags").get()
    #expect(field.id == .evtArg)
    #expect(field.parameters[Int(EventType.openat.rawValue)] == 3)
    #expect(field.parameters[Int(EventType.close.rawValue)] == -1)
    #expect(try FieldCatalogue.resolve("evt.rawarg.res").get().type == .WH_PT_ERRNO)
  }

  @Test func bracketsHoldNumbersOrKeys() {
    #expect(field("proc.aname[2]")?.index == 2)
    #expect(field("proc.aname[-1]")?.index == nil)
    #expect(field("evt.arg[0]")?.index == 0)
    #expect(field("proc.env[PATH]").map { String(decoding: $0.key, as: UTF8.self) } == "PATH")
    #expect(field("proc.env[12]")?.key.isEmpty == true)
    #expect(field("container.mount[0]")?.index == 0)
    #expect(field("container.mount[/etc]")?.index == nil)
    #expect(field("proc.aname[2]")?.name == "proc.aname[2]")
  }

  @Test func mistakesAreNamedPrecisely() {
    #expect(error("proc.nme") == .unknownField(name: "proc.nme", suggestion: "proc.name"))
    #expect(error("nothing.like.it.at.all") == .unknownField(name: "nothing.like.it.at.all", suggestion: nil))
    #expect(error("proc.name[1]") == .forbiddenArgument(field: "proc.name", argument: "1"))
    #expect(error("proc.aname[x]") == .notAnIndex(field: "proc.aname", argument: "x"))
    #expect(error("evt.arg") == .missingArgument(field: "evt.arg", example: "evt.arg.flags"))
    #expect(error("evt.arg.flgs") == .unknownParameter(field: "evt.arg", parameter: "flgs", suggestion: "flags"))
    #expect(error("evt.rawarg[0]") == .forbiddenArgument(field: "evt.rawarg", argument: "0"))
    #expect(error("evt.type.is.opnat") == .unknownEvent(field: "evt.type.is", event: "opnat", suggestion: "openat"))
    #expect(error("container.label") == .missingArgument(field: "container.label", example: "container.label[name]"))
    #expect(error("proc.name.x") == .unknownField(name: "proc.name.x", suggestion: "proc.name"))
  }

  @Test func systemCallsWithoutAnEventOfTheirOwnAreKnownByName() {
    #expect(EventNames.isKnown("openat"))
    #expect(EventNames.isKnown("clock_nanosleep"))
    #expect(!EventNames.isKnown("openatt"))
    #expect(EventNames.suggestion(for: "openatt") == "openat")
  }
}
