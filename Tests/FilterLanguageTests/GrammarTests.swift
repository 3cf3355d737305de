import FilterLanguage
import Testing

@Suite struct GrammarTests {
  @Test func notBindsTighterThanAndAndAndTighterThanOr() {
    #expect(canonical("not a and b or c and d") == "((not a and b) or (c and d))")
    #expect(canonical("not (a or b) and c") == "(not (a or b) and c)")
    #expect(canonical("a or(b)and(c)or d") == "(a or (b and c) or d)")
  }

  @Test func notNeedsABlankOrAParenthesis() {
    #expect(canonical("not(a)") == "not a")
    #expect(canonical("nota") == "nota")
    #expect(canonical("not") == "not")
  }

  @Test func twoNegationsCancelOut() {
    #expect(canonical("not not a") == "a")
    #expect(canonical("not not not a") == "not a")
    #expect(canonical("not not(a)") == "a")
    #expect(canonical(String(repeating: "not ", count: 100_001) + "a") == "not a")
  }

  @Test func negationsInParenthesesStayApart() {
    #expect(canonical("not (not a)") == "not (not a)")
    #expect(canonical("not( not( not a))") == "not (not (not a))")
    #expect(canonical("b or not( not a.b = c)") == "(b or not (not a.b = c))")
  }

  @Test func macrosAreToldFromFieldsByTheDot() throws {
    guard case .macro(let name, _) = try parse("open_write") else { throw NoCheck() }
    #expect(name == "open_write")
    guard case .field(let field) = try check("proc.name exists").left else { throw NoCheck() }
    #expect(field.name == "proc.name")
  }

  @Test func keywordsAreLowerCaseOnly() {
    #expect(failure("a.b=1 AND c.d=2")?.reason == .unexpectedText(after: "1"))
    #expect(failure("a.b=1 AND c.d=2")?.hint == "keywords are lower case: write 'and'")
    #expect(failure("NOT a")?.reason == .unexpectedText(after: "NOT"))
  }

  @Test func existsAndSymbolsNeedNoBlankBehindThem() {
    #expect(canonical("proc.name existsand x") == "(proc.name exists and x)")
    #expect(canonical("proc.name incremental") == "proc.name in (cremental)")
    #expect(canonical("proc.name in(\"a\")") == "proc.name in (a)")
    #expect(canonical("proc.name intersectsx") == "proc.name intersects (x)")
    #expect(canonical("fd.num<=3") == "fd.num <= 3")
  }

  @Test(arguments: ["glob", "iglob", "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "regex"])
  func wordOperatorsNeedABlankBehindThem(_ name: String) {
    #expect(canonical("a.b \(name) x") == "a.b \(name) x")
    #expect(failure("a.b \(name)\"x\"")?.reason == .expected([.comparisonOperator]))
  }

  @Test func fieldArgumentsStandDirectlyBehindTheName() throws {
    guard case .field(let field) = try check("proc.aname[2]=sh").left else { throw NoCheck() }
    #expect(field.argument == "2")
    guard case .field(let quoted) = try check("evt.arg['a b'] = x").left else { throw NoCheck() }
    #expect(quoted.argument == "a b")
    #expect(canonical("jevt.value[/a/b=c] exists") == "jevt.value[/a/b=c] exists")
    #expect(failure("proc.env [HOME]=x")?.reason == .expected([.comparisonOperator]))
    #expect(failure("proc.env[]=x")?.reason == .expected([.fieldArgument]))
    #expect(failure("proc.env[=x")?.reason == .expected([.token("]")]))
    #expect(failure("proc.aenv[1][HOME]=/root")?.reason == .expected([.comparisonOperator]))
  }

  @Test func numericOperatorsTakeNumberTokens() throws {
    for number in ["10", "-1", "+7", "0x1F", "3.5", "3.", "1e+5", "2.5E-3"] {
      guard case .value(let literal) = try check("fd.num > \(number)").right else { throw NoCheck() }
      #expect(literal.form == .number)
      #expect(literal.text == number)
    }
    #expect(failure("proc.name > a")?.reason == .expected([.number]))
    #expect(failure("fd.num > 5abc")?.reason == .unexpectedText(after: "5"))
    #expect(failure("fd.num > fd.lport")?.hint == "to compare with a field, write 'val(fd.lport)'")
  }

  @Test func bareStringsEndAtBlanksParenthesesQuotesEqualsAndCommas() throws {
    guard case .value(let literal) = try check("fd.name=/a/*;#<b>\\.c[1]\n").right else { throw NoCheck() }
    #expect(literal.text == "/a/*;#<b>\\.c[1]")
    #expect(literal.form == .bare)
    #expect(failure("a.b = x=y")?.reason == .unexpectedText(after: "x"))
    #expect(failure("a.b = x,y")?.reason == .unexpectedText(after: "x"))
    #expect(failure("a.b = ")?.reason == .expected([.string]))
  }

  @Test func listsHoldBareAndQuotedItems() throws {
    guard case .list(let items, _) = try check("a.b in ( x, \"y z\" ,'w')").right else { throw NoCheck() }
    #expect(items.map(\.text) == ["x", "y z", "w"])
    guard case .list(let empty, _) = try check("a.b in ()").right else { throw NoCheck() }
    #expect(empty.isEmpty)
    guard case .list(let single, _) = try check("a.b pmatch word").right else { throw NoCheck() }
    #expect(single.map(\.text) == ["word"])
    #expect(failure("a.b in (x,)")?.reason == .expected([.string]))
    #expect(failure("a.b in (x y)")?.reason == .expected([.token(")")]))
    #expect(failure("a.b in (x y)")?.hint == "is a comma missing?")
    #expect(failure("a.b in \"x\"")?.reason == .expected([.list]))
    #expect(failure("fd.name in (val(proc.exepath))")?.reason == .expected([.token(")")]))
  }

  @Test func modifiersNeedBlanksAroundThemAndAListOrNameBehind() throws {
    #expect(try check("a.b = anyof (x, y)").modifier == .anyof)
    #expect(try check("a.b contains oneof name").modifier == .oneof)
    #expect(try check("a.b = allof ()").modifier == .allof)
    let plain = try check("a.b = anyof")
    #expect(plain.modifier == nil)
    guard case .value(let value) = plain.right else { throw NoCheck() }
    #expect(value.text == "anyof")
    #expect(canonical("a.b = anyof and c") == "(a.b = anyof and c)")
    #expect(canonical("a.b = anyof or c") == "(a.b = anyof or c)")
    #expect(failure("a.b = anyof(x)")?.reason == .unexpectedText(after: "anyof"))
    #expect(failure("a.b in anyof (x)")?.reason == .unexpectedText(after: "anyof"))
  }

  @Test func rightHandFieldsAreWrittenWithVal() throws {
    guard case .operand(.field(let field)) = try check("a.b = val(c.d[1])").right else { throw NoCheck() }
    #expect(field.name == "c.d")
    #expect(field.argument == "1")
    #expect(canonical("a.b in val( c.d )") == "a.b in val(c.d)")
    #expect(canonical("fd.num >= val(fd.lport)") == "fd.num >= val(fd.lport)")
    #expect(failure("a.b = val(tolower(c.d))")?.reason == .expected([.rightHandField]))
    #expect(failure("val(a.b) = x")?.hint == "val() is only allowed on the right-hand side of a comparison")
  }

  @Test func functionsNestAndTakeBlanksInsideParentheses() {
    #expect(canonical("len( tolower( a.b ) ) > 3") == "len(tolower(a.b)) > 3")
    #expect(canonical("join(\",\", (a.b, 'x', 3, toupper(c.d))) = y") == "join(\",\", (a.b, \"x\", 3, toupper(c.d))) = y")
    #expect(canonical("concat(a.b, \"-\", c.d) = val(e.f)") == "concat(a.b, \"-\", c.d) = val(e.f)")
    #expect(canonical("getopt((a.b), \"c:\")[c] exists") == "getopt((a.b), \"c:\")[c] exists")
    #expect(canonical("a.b = basename(c.d)") == "a.b = basename(c.d)")
    #expect(failure("tolower (a.b) = x") != nil)
  }

  @Test func functionsRefuseTheWrongNumberOfArguments() {
    #expect(failure("len(a.b, c.d) > 1")?.reason == .argumentCount(.len, given: 2))
    #expect(failure("len() > 1")?.reason == .argumentCount(.len, given: 0))
    #expect(failure("join(a.b) = x")?.reason == .argumentCount(.join, given: 1))
    #expect(failure("concat(a.b) = x")?.reason == .argumentCount(.concat, given: 1))
    #expect(failure("getopt(a.b, \"c\", \"d\") exists")?.reason == .argumentCount(.getopt, given: 3))
    #expect(failure("len(a.b)[1] > 1")?.reason == .selectorNotSupported(.len))
    #expect(failure("lenn(a.b) > 1")?.hint == "did you mean 'len('?")
  }

  @Test func theWholeTextMustBeConsumed() {
    #expect(failure("proc.name=bash)")?.reason == .unexpectedText(after: "bash"))
    #expect(failure("a b")?.reason == .unexpectedText(after: "a"))
    #expect(failure("proc.name=bash and")?.reason == .missingBlank(after: "and"))
    #expect(failure("proc.name=bash orx")?.reason == .missingBlank(after: "or"))
    #expect(failure("")?.reason == .expected([.condition]))
    #expect(failure("(a")?.reason == .expected([.token(")")]))
    #expect(failure("a.b=1 and ")?.reason == .expected([.condition]))
    #expect(canonical(" \t\r\n a \u{8}") == "a")
  }

  @Test func unknownOperatorsComeWithASuggestion() {
    #expect(failure("proc.name ~ bash")?.reason == .expected([.comparisonOperator]))
    #expect(failure("proc.name ~ bash")?.hint == "did you mean 'regex'?")
    #expect(failure("proc.name startwith bash")?.hint == "did you mean 'startswith'?")
    #expect(failure("proc.name IN (bash)")?.hint == "operators are lower case: write 'in'")
    #expect(failure("proc.name")?.reason == .expected([.comparisonOperator]))
  }

  @Test func exactly198PairsOfParenthesesAreRead() {
    func nested(_ count: Int) -> String {
      String(repeating: "(", count: count) + "a.b=c" + String(repeating: ")", count: count)
    }
    #expect(failure(nested(198)) == nil)
    #expect(failure(nested(199))?.reason == .tooDeep(limit: 1000))
    #expect(failure(nested(1_000_000))?.reason == .tooDeep(limit: 1000))
    #expect(failure(String(repeating: "not(", count: 100_000))?.reason == .tooDeep(limit: 1000))
    #expect(failure(String(repeating: "len(", count: 100_000))?.reason == .tooDeep(limit: 1000))
  }

  @Test func rangesCoverTheTextOfTheirNodes() throws {
    let text = "  a.b = \"x y\" and (not m or c.d in (1, 2))  "
    func slice(_ range: SourceRange) -> String {
      String(decoding: Array(text.utf8)[range.offsets], as: UTF8.self)
    }
    guard case .and(let terms, let whole) = try parse(text) else { throw NoCheck() }
    #expect(slice(whole) == "a.b = \"x y\" and (not m or c.d in (1, 2))")
    #expect(slice(terms[0].range) == "a.b = \"x y\"")
    guard case .check(let first) = terms[0], case .value(let value) = first.right else { throw NoCheck() }
    #expect(slice(first.operatorRange) == "=")
    #expect(slice(first.left.range) == "a.b")
    #expect(slice(value.range) == "\"x y\"")
    guard case .or(let inner, let disjunction) = terms[1] else { throw NoCheck() }
    #expect(slice(disjunction) == "not m or c.d in (1, 2)")
    #expect(slice(inner[0].range) == "not m")
    guard case .check(let second) = inner[1], case .list(let items, let list) = second.right else { throw NoCheck() }
    #expect(slice(list) == "(1, 2)")
    #expect(items.map { slice($0.range) } == ["1", "2"])
  }

  @Test func errorsPointAtTheOffendingText() {
    #expect(failure("a.b = 1 && c")?.range.lower == 8)
    #expect(failure("proc.name startwith x")?.range.offsets == 10..<19)
    #expect(failure("a.b = \"x\\qy\"")?.range.offsets == 8..<10)
    #expect(TextPosition(of: 6, in: Array("ab\ncäd".utf8)) == TextPosition(line: 2, column: 3))
  }
}
