internal import FilterLanguage

func closest(to word: String, among candidates: some Sequence<String>) -> String? {
  Suggestion.closest(to: word, among: candidates)
}

/// A question that offers the nearest known name; nil if none is near.
func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
  Suggestion.closest(to: word, among: candidates).map { "did you mean '\($0)'?" }
}
