internal import CLinux

/// The system's words for an errno value, such as `Operation not permitted`.
public func errorText(_ errno: Int32) -> String { unsafe String(cString: wh_error_text(errno)) }
