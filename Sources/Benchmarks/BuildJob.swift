import Glibc

/// A C program of nine small files, in a folder of its own, that `make` builds from its sources each round: ten processes
/// of the compiler's driver and those that they start, as a build on a developer's machine or in CI.
enum BuildJob {
  private static let files = 8
  /// Made with the sources in it when a round first asks for it.
  private static let folder = prepare()

  static func round() {
    let make = Child("/usr/bin/make", ["-s", "-B", "-C", folder], mergesErrors: true)
    let said = make.readAll()
    guard make.wait() == 0 else { fatalError("make in \(folder) fails: \(said)") }
  }

  static func remove() {
    Child.run("/bin/rm", ["-r", folder])
  }

  private static func prepare() -> String {
    var template = Array("/tmp/windhover-build.XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { fatalError("no folder below /tmp: errno \(errno)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let objects = (0..<files).map { "part\($0).o" }.joined(separator: " ")
    func write(_ name: String, _ text: String) {
      let path = "\(folder)/\(name)"
      guard let file = unsafe fopen(path, "w") else { fatalError("cannot write \(path): errno \(errno)") }
      let isWritten = unsafe fputs(text, file) >= 0
      guard unsafe fclose(file) == 0, isWritten else { fatalError("cannot write \(path): errno \(errno)") }
    }
    write("Makefile", "CFLAGS = -O1\nprogram: main.o \(objects)\n\t$(CC) -o $@ $^\n")
    for file in 0..<files { write("part\(file).c", source(file)) }
    let calls = (0..<files).map { "\ttotal += part\($0)(total);\n" }.joined()
    let declarations = (0..<files).map { "unsigned part\($0)(unsigned);\n" }.joined()
    write(
      "main.c",
      """
      #include <stdio.h>

      \(declarations)int main(void)
      {
      	unsigned total = 1;

      \(calls)	return !printf("%u\\n", total);
      }

      """)
    return folder
  }

  private static func source(_ file: Int) -> String {
    let functions = (0..<20).map { number in
      """
      static unsigned step\(number)(const char *text, unsigned seed)
      {
      	unsigned sum = seed + \(number);

      	for (size_t at = 0; at < strlen(text); at++)
      		sum = sum * 31 + (isalpha((unsigned char)text[at]) ? (unsigned)toupper(text[at]) : \(number)u);
      	return sum;
      }

      """
    }.joined()
    let calls = (0..<20).map { "\tseed = step\($0)(name, seed);\n" }.joined()
    return """
      #include <ctype.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>

      \(functions)unsigned part\(file)(unsigned seed)
      {
      	char name[32];

      	snprintf(name, sizeof(name), "part %u", seed);
      \(calls)	return seed;
      }

      """
  }
}
