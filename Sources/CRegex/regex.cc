#include "include/regex.h"

#include <re2/re2.h>

#include <cstring>
#include <new>
#include <string>

/*
 * For one pattern: two thirds for its program, the rest for the states of the automaton that matching builds as it goes.
 * When that is used up the states are thrown away, and in the end a slower, still linear way is taken.
 */
static const int64_t memory_budget = 1 << 20;

struct wh_regex {
	RE2 re;
	wh_regex(const re2::StringPiece &pattern, const RE2::Options &options) : re(pattern, options) {}
};

extern "C" struct wh_regex *wh_regex_compile(const void *pattern, size_t length, char *message, size_t message_size)
{
	RE2::Options options(RE2::POSIX);
	options.set_log_errors(false);
	options.set_max_mem(memory_budget);
	wh_regex *regex = new (std::nothrow) wh_regex(re2::StringPiece((const char *)pattern, length), options);
	const char *problem = !regex ? "out of memory" : regex->re.ok() ? NULL : regex->re.error().c_str();

	if (!problem)
		return regex;
	if (message_size > 0) {
		strncpy(message, problem, message_size - 1);
		message[message_size - 1] = 0;
	}
	delete regex;
	return NULL;
}

extern "C" void wh_regex_free(struct wh_regex *regex)
{
	delete regex;
}

extern "C" size_t wh_regex_size(const struct wh_regex *regex)
{
	return (size_t)regex->re.ProgramSize();
}

/*
 * How many bytes at the start of the text are one well-formed character (Unicode 15, table 3-7), or minus how many are
 * the beginning of one that breaks off: those become one U+FFFD together.
 */
static int character(const unsigned char *text, size_t length)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	int size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	for (int at = 1; at < size; at++) {
		if ((size_t)at >= length || text[at] < low || text[at] > high)
			return -at;
		low = 0x80;
		high = 0xbf;
	}
	return size;
}

extern "C" int wh_regex_matches(const struct wh_regex *regex, const void *value, size_t length)
{
	const unsigned char *text = (const unsigned char *)value;
	size_t at = 0;

	while (at < length) {
		int size = character(text + at, length - at);

		if (size < 0)
			break;
		at += size;
	}
	if (at == length)
		return regex->re.Match(re2::StringPiece((const char *)value, length), 0, length, RE2::ANCHOR_BOTH, NULL, 0);

	std::string repaired((const char *)text, at);
	while (at < length) {
		int size = character(text + at, length - at);

		if (size < 0)
			repaired.append("\xef\xbf\xbd");
		else
			repaired.append((const char *)text + at, size);
		at += size < 0 ? -size : size;
	}
	return regex->re.Match(repaired, 0, repaired.size(), RE2::ANCHOR_BOTH, NULL, 0);
}
