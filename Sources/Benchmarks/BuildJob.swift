import Glibc

/// A C program of nine small files, in a folder of its own, that `make` builds from its sources each round: ten processes
/// of the compiler's driver and those that they start, as a build on a developer's machine or in CI.
enum BuildJob {
  private static let files = 8
  private nonisolated(unsafe) static var folder = ""

  static func round() {
    if folder.isEmpty { prepare() }
    Child.run("/usr/bin/make", ["-s", "-B", "-C", folder])
    guard unsafe access("\(folder)/program", X_OK) == 0 else { fatalError("make in \(folder) built nothing") }
  }

  static func remove() {
    if !folder.isEmpty { Child.run("/bin/rm", ["-r", folder]) }
    folder = ""
  }

  private static func prepare() {
    var template = Array("/tmp/windhover-build.XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { fatalError("no folder below /tmp: errno \(errno)") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let objects = (0..<files).map { "part\($0).o" }.joined(separator: " ")
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

  private static func write(_ name: String, _ text: String) {
    guard let file = unsafe fopen("\(folder)/\(name)", "w") else { fatalError("cannot write \(name): errno \(errno)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
