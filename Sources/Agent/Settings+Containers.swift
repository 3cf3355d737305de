internal import ContainerRuntimes
internal import YAML

extension Setting {
  /// Keys about containers: our own, and those of the plugin that other programs of this field ask runtimes with.
  static let containerSettings: [Setting] = [
    Setting(key: "containers.enabled", form: "bool", help: "Ask container runtimes what runs in each container.") {
      (settings, value) throws(SettingError) in settings.containers.isEnabled = try value.bool()
    },
    Setting(
      key: "containers.wait_ms", form: "0 to 5000",
      help: "How long an alert waits for what a runtime tells about its container; 0 for not at all."
    ) { (settings, value) throws(SettingError) in settings.containers.waitMilliseconds = try value.integer(0...5000) },
    Setting(key: "containers.timeout_ms", form: "10 to 60000", help: "How long one question to a runtime may take.") {
      (settings, value) throws(SettingError) in settings.containers.timeoutMilliseconds = try value.integer(10...60_000)
    },
    Setting(key: "containers.label_max_len", form: "1 to 4096", help: "Labels with longer values are left out.") {
      (settings, value) throws(SettingError) in settings.containers.longestLabel = try value.integer(1...4096)
    },
    Setting(key: "load_plugins", form: "list of names", help: "Only container, which is built in; others have no effect.") {
      (settings, value) throws(SettingError) in
      settings.otherPlugins += try value.strings().filter { $0 != "container" }
    },
    Setting(
      key: "plugins", form: "list of {name, init_config}",
      help: "Of the entry container: label_max_len, and engines with enabled and sockets; others have no effect."
    ) { (settings, value) throws(SettingError) in try settings.readPlugins(value) },
  ] + RuntimeSettings.Kind.allCases.flatMap { kind in
    [
      Setting(key: "containers.\(kind.rawValue).enabled", form: "bool", help: "Ask \(kind.rawValue).") {
        (settings, value) throws(SettingError) in settings.containers.engines[kind]?.isEnabled = try value.bool()
      },
      Setting(key: "containers.\(kind.rawValue).sockets", form: "list of paths", help: "Where \(kind.rawValue) listens.") {
        (settings, value) throws(SettingError) in
        settings.containers.engines[kind]?.sockets = try RuntimeSettings.sockets(value)
      },
    ]
  }
}

extension RuntimeSettings {
  static func sockets(_ value: Setting.Value) throws(SettingError) -> [String] {
    let paths = try value.strings()
    for path in paths where !path.hasPrefix("/") || path.utf8.count > 107 {
      throw SettingError("'\(path)' cannot be a socket; give absolute paths of at most 107 bytes")
    }
    return paths
  }
}

extension Settings {
  fileprivate mutating func readPlugins(_ value: Setting.Value) throws(SettingError) {
    guard case .list(let entries) = value else { throw SettingError("needs a list of entries with a name") }
    for entry in entries {
      guard case .map(let members) = entry, let name = members.first(where: { $0.0 == "name" }) else {
        throw SettingError("each entry needs a name")
      }
      guard try name.1.string() == "container" else {
        otherPlugins.append(try name.1.string())
        continue
      }
      guard let config = members.first(where: { $0.0 == "init_config" }) else { continue }
      try readContainerPlugin(config.1)
    }
  }

  /// The plugin's configuration: a map, or the same as JSON in a text.
  private mutating func readContainerPlugin(_ value: Setting.Value) throws(SettingError) {
    var value = value
    if case .scalar(let text) = value {
      if text.isEmpty { return }
      do throws(YAMLError) {
        guard let node = try YAMLDocuments.read(Array(text.utf8)).first else { return }
        value = Setting.Value(node)
      } catch { throw SettingError("init_config of container: \(error.message)") }
    }
    guard case .map(let members) = value else { throw SettingError("init_config of container needs a map") }
    for (key, value) in members {
      switch key {
      case "label_max_len": containers.longestLabel = try value.integer(1...4096)
      case "engines":
        guard case .map(let engines) = value else { throw SettingError("engines needs a map by runtime") }
        for (name, engine) in engines { try readEngine(name, engine) }
      // Sizes of images, and which events of runtimes are listened to: nothing here needs them.
      case "with_size", "hooks", "host_root": break
      default: throw SettingError("init_config of container has no key '\(key)'")
      }
    }
  }

  private mutating func readEngine(_ name: String, _ value: Setting.Value) throws(SettingError) {
    guard case .map(let members) = value else { throw SettingError("engines.\(name) needs enabled or sockets below it") }
    guard let kind = RuntimeSettings.Kind(rawValue: name) else {
      // These are known by their cgroups; nobody is asked.
      if ["lxc", "libvirt_lxc", "bpm", "static"].contains(name) { return }
      throw SettingError("engines has no runtime '\(name)'")
    }
    for (key, value) in members {
      switch key {
      case "enabled": containers.engines[kind]?.isEnabled = try value.bool()
      case "sockets": containers.engines[kind]?.sockets = try RuntimeSettings.sockets(value)
      default: throw SettingError("engines.\(name) has no key '\(key)'")
      }
    }
  }
}
