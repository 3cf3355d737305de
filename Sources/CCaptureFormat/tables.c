/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_format.h"

enum {
	NONE = 0,
	OLD = WH_PAST_OLD,
	UNUSED = WH_PAST_UNUSED,
	MANAGED = WH_PAST_MANAGED,
	LARGE = WH_PAST_LARGE,
	ENTER = WH_PAST_KNOWN,
	EXIT = WH_PAST_KNOWN | WH_PAST_EXIT,
};

static const struct wh_past_event past_events[] = {
#define EVENT(code, direction, flags, sizes) [code] = { sizes, sizeof(sizes) - 1, (direction) | (flags) },
#include "past_events.def"
#undef EVENT
};

const struct wh_past_event *wh_past_event(uint16_t code)
{
	if (code >= sizeof(past_events) / sizeof(past_events[0]) || !past_events[code].flags)
		return NULL;
	return &past_events[code];
}

uint32_t wh_past_size(const struct wh_past_event *event, uint32_t index)
{
	char letter = index < event->nparams ? event->sizes[index] : '-';

	if (letter == '-')
		return 0;
	return letter == 'x' ? 16 : letter - '0';
}

#define EMPTY { .source = WH_CONVERSION_EMPTY }
#define OLD(i) { .source = WH_CONVERSION_OLD, .index = i }
#define ENTRY(i, n) { .source = WH_CONVERSION_ENTRY, .index = i, .size = n }
#define VALUE(v, n) { .source = WH_CONVERSION_VALUE, .size = n, .value = v }
#define CONTAINER { .source = WH_CONVERSION_CONTAINER }

/* A first element that is not used, because C has no empty arrays. */
#define CONVERT(code, nparams, action, new_code, ...) \
	static const struct wh_conversion_rule rules_##code##_##nparams[] = { EMPTY __VA_OPT__(,) __VA_ARGS__ };
#include "conversions.def"
#undef CONVERT

/* In the order of code and parameter count. */
static const struct wh_conversion conversions[] = {
#define CONVERT(code, nparams, action, new_code, ...) { \
	code, new_code, nparams, WH_CONVERSION_##action, \
	sizeof(rules_##code##_##nparams) / sizeof(struct wh_conversion_rule) - 1, rules_##code##_##nparams + 1 },
#include "conversions.def"
#undef CONVERT
};

const struct wh_conversion *wh_conversion(uint16_t code, uint32_t nparams)
{
	size_t low = 0, high = sizeof(conversions) / sizeof(conversions[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct wh_conversion *row = &conversions[middle];

		if (row->code == code && row->nparams == nparams)
			return row;
		if (row->code < code || (row->code == code && row->nparams < nparams))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
