internal import SystemState

extension TestFile {
  /// Reads a test file and makes its events, without running anything: every mistake that needs no rules to be seen.
  ///
  /// - Parameter path: What messages call it.
  public static func problems(in contents: [UInt8], path: String) -> [TestFileProblem] {
    let (file, problems) = TestFileReader.read(contents, path: path)
    if !problems.isEmpty { return problems }
    var found = Problems(file: path)
    for item in file.cases {
      guard case .events(let events) = item.source else { continue }
      let scene = Scene(item.scene)
      _ = scene.state()
      _ = WrittenEvents.records(of: events, scene, &found)
    }
    return found.all
  }
}
