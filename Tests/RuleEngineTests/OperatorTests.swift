import CaptureTesting
import EventSchema
import Testing

/// What each operator means on each type that it takes, by the language's definition.
@Suite struct OperatorTests {
  @Test(arguments: [
    ("fd.name = /etc/passwd", true), ("fd.name == /etc/passwd", true), ("fd.name = /etc/Passwd", false),
    ("fd.name = /etc/passw", false), ("fd.name = \"/etc/passwd\"", true), ("fd.name = ''", false),
    ("fd.name != /etc/passwd", false), ("fd.name != /etc/shadow", true),
    ("fd.name contains etc", true), ("fd.name contains ETC", false), ("fd.name contains ''", true),
    ("fd.name contains /etc/passwd0", false), ("fd.name icontains ETC/pass", true), ("fd.name icontains xyz", false),
    ("fd.name startswith /etc/", true), ("fd.name startswith etc", false), ("fd.name startswith ''", true),
    ("fd.name endswith passwd", true), ("fd.name endswith /passwd", true), ("fd.name endswith passw", false),
    ("fd.name endswith ''", true), ("fd.name endswith ///etc/passwd", false),
    ("fd.name in (/etc/passwd)", true), ("fd.name in (a, b, /etc/passwd)", true), ("fd.name in (a, b)", false),
    ("fd.name in ()", false), ("fd.name intersects (a, /etc/passwd)", true), ("fd.name in ('')", false),
    ("fd.name exists", true),
    ("fd.name glob /etc/*", true), ("fd.name glob '*/passwd'", true), ("fd.name glob /etc/passw?", true),
    ("fd.name glob '*'", true), ("fd.name glob /etc", false), ("fd.name glob '/[a-f]*[!x]'", true),
    ("fd.name glob /ETC/*", false), ("fd.name iglob /ETC/PASS*", true), ("fd.name iglob /x*", false),
    // Numbers are the only tokens that the grammar allows here; they compare as texts. '/' is 0x2f, '0' 0x30.
    ("fd.name < 0", true), ("fd.name > 0", false), ("fd.name <= 0", true), ("fd.name >= 0", false),
    ("fd.filename < 1", false), ("fd.filename >= 1", true),
  ])
  func texts(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test(arguments: [
    ("fd.name pmatch (/etc)", true), ("fd.name pmatch (/etc/)", true), ("fd.name pmatch (etc)", true),
    ("fd.name pmatch (//etc)", true), ("fd.name pmatch (/et)", false), ("fd.name pmatch (/etc/pass)", false),
    ("fd.name pmatch (/etc/passwd)", true), ("fd.name pmatch (/etc/passwd/x)", false),
    ("fd.name pmatch (/)", true), ("fd.name pmatch (\"\")", true), ("fd.name pmatch ()", false),
    ("fd.name pmatch (/usr, /var, /etc)", true), ("fd.name pmatch (/usr, /var)", false),
    ("fd.name pmatch (/*/passwd)", true), ("fd.name pmatch (/*/shadow)", false), ("fd.name pmatch (/e?c)", true),
    ("fd.name pmatch (/[a-e]tc)", true), ("fd.name pmatch (/*/*/*)", false), ("fd.name pmatch (*c)", true),
  ])
  func pathPrefixes(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test func aDirectoryDoesNotCoverItsNeighbour() {
    #expect(!holds("fd.name pmatch (/opt/dir)", on: Event.openat(200, at: 9, fd: 3, name: "/opt/dir2")))
    #expect(holds("fd.name pmatch (/opt/dir)", on: Event.openat(200, at: 9, fd: 3, name: "/opt/dir/x")))
  }

  @Test(arguments: [
    ("fd.num = 3", true), ("fd.num == 3", true), ("fd.num = 03", true), ("fd.num = +3", true), ("fd.num != 3", false),
    ("fd.num = -3", false), ("fd.num < 4", true), ("fd.num < 3", false), ("fd.num <= 3", true), ("fd.num > 2", true),
    ("fd.num > 3", false), ("fd.num >= 3", true), ("fd.num >= -1", true), ("fd.num in (1, 2, 3)", true),
    ("fd.num in (1, 2)", false), ("fd.num in ()", false), ("fd.num intersects (3)", true), ("fd.num exists", true),
    ("fd.num < 99999999999999999999", true), ("fd.num > -99999999999999999999", true),
    // Unsigned: below zero wraps around.
    ("proc.pid = 200", true), ("evt.rawarg.ino = 77", true), ("evt.rawarg.ino < -1", true),
    ("evt.rawarg.ino > 18446744073709551614", false), ("evt.rawarg.ino < 99999999999999999999", true),
    // Narrow types are cut: 65536 + 1 is 1 in 16 bits, and evt.cpu has 16.
    ("evt.cpu = 2", true), ("evt.cpu = 65538", true), ("evt.cpu > -1", true), ("evt.cpu = -65534", true),
    ("evt.rawarg.flags = 4097", true), ("evt.rawarg.uid = 0", false), ("evt.rawarg.flags in (1, 4097)", true), ("evt.rawarg.fd = 3", true),
    ("evt.rawarg.dirfd = -100", true), ("evt.rawarg.dirfd < 0", true),
  ])
  func integers(condition: String, expected: Bool) {
    var world = World(compile(rule("r", condition)))
    #expect((world.see(Sample.open, cpu: 2) == ["r"]) == expected)
  }

  @Test(arguments: [
    ("evt.is_open_read = true", true), ("evt.is_open_read = false", false), ("evt.is_open_write = false", true),
    ("evt.is_open_read != false", true), ("evt.is_open_read in (true)", true), ("evt.is_open_write in (true)", false),
    ("evt.is_open_write in (true, false)", true), ("evt.failed = false", true), ("evt.failed exists", true),
  ])
  func booleans(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  /// The data is `root:x`, a 0x01, a line feed.
  @Test(arguments: [
    ("evt.buffer contains root", true), ("evt.buffer startswith root", true), ("evt.buffer startswith oot", false),
    ("evt.buffer endswith \"\\x01\\n\"", true), ("evt.buffer = \"root:x\\x01\\n\"", true), ("evt.buffer = root", false),
    ("evt.buffer != root", true), ("evt.buffer in (\"root:x\\x01\\n\")", true), ("evt.buffer exists", true),
    ("evt.buffer bcontains 7801", true), ("evt.buffer bcontains 0178", false), ("evt.buffer bcontains 780A", false),
    ("evt.buffer bstartswith 726f6F74", true), ("evt.buffer bstartswith 6f", false),
    ("evt.buffer contains \"\\x01\"", true),
  ])
  func buffers(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open, Sample.read) == expected)
  }

  @Test(arguments: [
    ("fd.sip = 198.51.100.9", true), ("fd.sip = 198.51.100.8", false), ("fd.sip != 198.51.100.8", true),
    ("fd.cip = 192.0.2.7", true), ("fd.sip in (192.0.2.7, 198.51.100.9)", true), ("fd.sip in (192.0.2.7)", false),
    ("fd.sip intersects (198.51.100.9)", true), ("fd.sip exists", true),
    // The other family: never equal, always different.
    ("fd.sip = ::1", false), ("fd.sip != ::1", true), ("fd.sip in (::1, ::)", false),
    ("fd.snet = 198.51.100.0/24", true), ("fd.snet = 198.51.100.0/29", false), ("fd.snet = 198.51.100.8/29", true),
    ("fd.snet = 0.0.0.0/0", true), ("fd.snet = ::/0", false), ("fd.snet != 198.51.100.0/24", false),
    ("fd.snet != 10.0.0.0/8", true), ("fd.snet in (10.0.0.0/8, 198.51.0.0/16)", true),
    ("fd.cnet = 192.0.2.7/32", true), ("fd.cnet = 192.0.2.6/32", false),
    ("fd.sport = 443", true), ("fd.sport = 65979", true), ("fd.sport < 1024", true), ("fd.sport in (80, 443)", true),
    ("fd.sport != 443", false), ("fd.cport >= 40000", true),
  ])
  func addresses(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.connect) == expected)
  }

  @Test(arguments: [
    ("fd.sip = 2001:db8::2", true), ("fd.sip = 2001:0db8:0:0:0:0:0:2", true), ("fd.sip = 2001:db8::3", false),
    ("fd.snet = 2001:db8::/32", true), ("fd.snet = 2001:db9::/32", false), ("fd.snet = 2001:db8::/127", false),
    ("fd.snet = 2001:db8::2/127", true), ("fd.snet = 2001:db8::2/128", true), ("fd.snet = ::/0", true),
    ("fd.snet = 0.0.0.0/0", false), ("fd.sip = 0.0.0.2", false), ("fd.sip != 0.0.0.2", true),
  ])
  func addressesOfSixteenBytes(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.connectV6) == expected)
  }

  @Test(arguments: [
    ("fd.sport = https", true), ("fd.sport = http", false), ("fd.sport in (ssh, https)", true), ("fd.port = https", true),
    ("fd.sport != ssh", true), ("fd.sport = ''", false),
  ])
  func portsHaveTheNamesOfServices(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.connect) == expected)
  }

  /// Client or server side; `!=` means neither of them.
  @Test(arguments: [
    ("fd.ip = 192.0.2.7", true), ("fd.ip = 198.51.100.9", true), ("fd.ip = 192.0.2.8", false),
    ("fd.ip != 192.0.2.7", false), ("fd.ip != 198.51.100.9", false), ("fd.ip != 192.0.2.8", true),
    ("fd.ip in (10.0.0.1, 198.51.100.9)", true), ("fd.ip in (10.0.0.1)", false), ("fd.ip exists", true),
    ("fd.net = 192.0.2.0/24", true), ("fd.net = 198.51.100.0/24", true), ("fd.net != 192.0.2.0/24", false),
    ("fd.net != 10.0.0.0/8", true), ("fd.net in (10.0.0.0/8, 198.51.0.0/16)", true),
    ("fd.port = 443", true), ("fd.port = 40000", true), ("fd.port = 80", false), ("fd.port != 443", false),
    ("fd.port != 80", true), ("fd.port < 1024", true), ("fd.port > 39999", true), ("fd.port > 50000", false),
    ("fd.port in (80, 443)", true), ("fd.port intersects (22, 40000)", true), ("not fd.port in (80, 22)", true),
    ("fd.ip = anyof (10.0.0.1, 192.0.2.7)", true), ("fd.ip = allof (192.0.2.7, 198.51.100.9)", true),
    ("fd.ip = allof (192.0.2.7, 10.0.0.1)", false), ("fd.ip = oneof (192.0.2.7, 198.51.100.9)", false),
    ("fd.ip != allof (10.0.0.1, 10.0.0.2)", true), ("fd.ip != allof (10.0.0.1, 192.0.2.7)", false),
    ("fd.port != anyof (443, 80)", true), ("fd.port != anyof (443, 40000)", false),
  ])
  func eitherSideOfAConnection(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.connect) == expected)
  }

  @Test(arguments: ["fd.ip", "fd.net", "fd.port"])
  func whatIsNoConnectionHasNoSideThatComparesAndStillExists(field: String) {
    let value = field == "fd.port" ? "80" : field == "fd.ip" ? "10.0.0.1" : "10.0.0.0/8"
    #expect(!holds("\(field) = \(value)", on: Sample.open))
    #expect(!holds("\(field) != \(value)", on: Sample.open))
    #expect(!holds("\(field) in (\(value))", on: Sample.open))
    #expect(!holds("\(field) != allof (\(value))", on: Sample.open))
    #expect(holds("not \(field) = \(value)", on: Sample.open))
    #expect(holds("\(field) exists", on: Sample.open))
  }

  /// Whether it has a name or not: rules ask this way whether there is a descriptor.
  @Test(arguments: ["fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"])
  func theNameOfAnEndExistsForEveryKnownDescriptor(field: String) {
    #expect(holds("\(field) exists", on: Sample.open))
    #expect(holds("\(field) exists", on: Sample.connect))
    #expect(!holds("\(field) exists", on: Sample.failedOpen))
    #expect(!holds("\(field) = x", on: Sample.open) && !holds("\(field) != x", on: Sample.open))
    #expect(!holds("\(field) in (x)", on: Sample.open) && !holds("\(field) regex '.*'", on: Sample.open))
  }

  @Test(arguments: [
    ("proc.name = anyof (dog, cat)", true), ("proc.name = anyof (dog, cow)", false), ("proc.name = allof (cat)", true),
    ("proc.name = allof (cat, dog)", false), ("proc.name != allof (dog, cow)", true),
    ("proc.name != allof (dog, cat)", false), ("proc.name != anyof (cat, dog)", true), ("proc.name != anyof (cat)", false),
    ("proc.name = oneof (cat, dog)", true), ("proc.name = oneof (cat, cat)", false),
    ("proc.name contains oneof (c, t)", false), ("proc.name contains oneof (c, x)", true),
    ("proc.name contains allof (c, a, t)", true), ("proc.name startswith anyof (do, ca)", true),
    ("proc.name = anyof ()", false), ("proc.name != allof ()", false), ("proc.name = oneof ()", false),
    ("proc.name glob anyof (c*, d*)", true), ("proc.pid = anyof (1, 200)", true), ("proc.pid != allof (1, 2)", true),
    ("proc.name = anyof", false),
  ])
  func modifiersSayHowManyMustAgree(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test func aWordThatCouldBeAModifierIsAValueWithoutAList() {
    let exec = Event.execve(200, at: 7_000, exe: "/bin/anyof", ptid: 100, comm: "anyof")
    #expect(holds("proc.name = anyof", on: exec))
  }

  /// A failed open has no descriptor, so no fd.type and no fd.sip.
  @Test(arguments: [
    ("fd.type = file", false), ("fd.type != file", false), ("fd.type exists", false), ("fd.type in (file)", false),
    ("fd.type contains ''", false), ("fd.type != allof (file)", false), ("not fd.type = file", true),
    ("not fd.type != file", true), ("not fd.type exists", true), ("fd.sip != 10.0.0.1", false),
    ("fd.sport < 10", false), ("fd.sport >= 0", false), ("not fd.sport < 10", true), ("fd.ip exists", false),
    ("evt.buffer != x", false), ("fd.type = file or proc.name = cat", true), ("fd.type != x and proc.name = cat", false),
  ])
  func everyComparisonWithAMissingValueIsFalse(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.failedOpen) == expected)
  }

  @Test func anEmptyTextIsAValue() {
    let exec = Event.execve(200, at: 7_000, exe: "", ptid: 100, comm: "")
    for condition in ["proc.name = ''", "proc.name exists", "proc.name != cat", "proc.name in (x, '')", "proc.name glob ''"] {
      #expect(holds(condition, on: exec), "\(condition)")
    }
  }

  /// The ancestors of cat are bash and systemd; cat itself is none.
  @Test(arguments: [
    ("proc.aname = bash", true), ("proc.aname = systemd", true), ("proc.aname = cat", false),
    ("proc.aname != bash", true), ("proc.aname in (x, systemd)", true), ("proc.aname in (x, cat)", false),
    ("proc.aname contains stem", true), ("proc.aname startswith b", true), ("proc.aname exists", true),
    ("not proc.aname = systemd", false), ("proc.aname = anyof (x, bash)", true), ("proc.aname = allof (bash, systemd)", true),
    ("proc.apid = 1", true), ("proc.apid = 200", false), ("proc.apid in (5, 100)", true), ("proc.apid < 2", true),
    ("proc.apid > 100", false), ("proc.aexepath = /usr/bin/bash", true), ("proc.aexepath pmatch (/usr/lib)", true),
    ("proc.aname[0] = cat", true), ("proc.aname[1] = bash", true), ("proc.aname[2] = systemd", true),
    ("proc.aname[3] exists", false), ("proc.aname[3] != x", false), ("proc.aname[1] != bash", false),
    ("proc.acmdline contains -l", true),
  ])
  func ancestorsWithoutNumberAreAskedForAnyOfThem(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  /// The process has one file and two internet sockets open.
  @Test(arguments: [
    ("fd.types intersects (file)", true), ("fd.types intersects (unix, ipv4)", true), ("fd.types intersects (unix)", false),
    ("fd.types in (file, ipv4, ipv6)", true), ("fd.types in (file, ipv4)", false), ("fd.types in ()", false),
    ("fd.types exists", true), ("fd.types[3] in (file)", true), ("fd.types[3] in (unix)", false),
    ("fd.types[99] in (file)", false),
  ])
  func listsAreComparedItemByItem(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  /// `type` is a number of socket and a text of mount; the field has the type of the first event with the parameter.
  @Test func aTestForNumbersNeverHoldsOnATextOfTheSameName() {
    let mount = Event.make(.mount, 200, at: 9) {
      $0.append(Int64(0))
      $0.append(text: "proc")
      $0.append(text: "/proc")
      $0.append(text: "proc")
      $0.append(UInt32(0))
    }
    for condition in ["evt.rawarg.type = 0", "evt.rawarg.type != 5", "evt.rawarg.type >= 0", "evt.rawarg.type in (0)"] {
      #expect(!holds(condition, on: mount), "\(condition)")
    }
    #expect(holds("evt.rawarg.type exists", on: mount))
    #expect(holds("evt.arg.type = proc", on: mount))
    #expect(holds("evt.rawarg.type = 1", on: Event.socket(200, at: 9, fd: 7, domain: 2, type: 1)))
  }

  @Test func aroundMeansNoFartherAwayThanTheLimit() {
    let open = Event.openat(200, at: 10_000_000, fd: 3, name: "/x")
    #expect(holds("evt.around[8000000] = 2", on: open))
    #expect(holds("evt.around[12000000] = 2", on: open))
    #expect(!holds("evt.around[8000000] = 1", on: open))
    // 2024-01-01 00:00:00 UTC, as times of events really are.
    let midnight: UInt64 = 1_704_067_200_000_000_000
    let later = Event.openat(200, at: midnight + 500_000_000, fd: 3, name: "/x")
    #expect(holds("evt.around[\(midnight)] = 500", on: later))
    #expect(!holds("evt.around[\(midnight)] = 499", on: later))
  }

  /// One descriptor of at most 40: 2.5 percent, then two: 5.
  @Test(arguments: [
    ("proc.fdusage < 3", true, false), ("proc.fdusage <= 2", false, false), ("proc.fdusage > 2", true, true),
    ("proc.fdusage >= 5", false, true), ("proc.fdusage = 5", false, true), ("proc.fdusage != 5", true, false),
    ("proc.fdusage in (2, 5)", false, true), ("proc.fdusage intersects (5)", false, true), ("proc.fdusage = -5", false, false),
    ("proc.fdusage > -1", true, true), ("proc.fdusage exists", true, true),
  ])
  func fractions(condition: String, withOne: Bool, withTwo: Bool) {
    let clone = Event.clone(300, at: 6_500, result: 0, ptid: 100, comm: "sh", descriptorLimit: 40)
    let first = Event.openat(300, at: 6_600, fd: 3, name: "/a")
    #expect(holds(condition, on: clone, first) == withOne)
    #expect(holds(condition, on: clone, first, Event.openat(300, at: 6_700, fd: 4, name: "/b")) == withTwo)
  }

  @Test(arguments: ["thread.cpu = 3", "thread.cpu != 3", "thread.cpu in (1, 2)", "thread.cpu exists"])
  func sharesThatNobodyMeasuredAreMissing(condition: String) {
    #expect(!holds(condition, on: Sample.open))
  }
}
