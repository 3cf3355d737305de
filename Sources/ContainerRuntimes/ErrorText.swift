internal import CLinux

/// The text of an errno value.
func errorText(_ error: Int32) -> String { unsafe String(cString: wh_error_text(error)) }
