#ifndef WINDHOVER_REGEX_H
#define WINDHOVER_REGEX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled regular expression: RE2 in POSIX egrep syntax. Matching takes time linear in the value's length. */
struct wh_regex;

/*
 * Compiles a pattern. Returns NULL and writes a message that ends with NUL if it is none, or if its program would not
 * fit a fixed budget of memory. The caller frees the result.
 */
struct wh_regex *wh_regex_compile(const void *pattern, size_t length, char *message, size_t message_size);

void wh_regex_free(struct wh_regex *regex);

/* How many instructions the compiled pattern has: what it costs in memory, 16 bytes each. */
size_t wh_regex_size(const struct wh_regex *regex);

/*
 * Whether the pattern matches the whole value, bytes that are no UTF-8 read as U+FFFD. Safe to call from several
 * threads. Allocates while the first values build the automaton, within the budget, and for values that are no UTF-8.
 */
int wh_regex_matches(const struct wh_regex *regex, const void *value, size_t length);

#ifdef __cplusplus
}
#endif

#endif
