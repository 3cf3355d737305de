/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that only readers of capture files need: every event code since 2013, and how old records become current. */
#ifndef WH_CAPTURE_FORMAT_H
#define WH_CAPTURE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum wh_past_event_flags {
	WH_PAST_KNOWN = 1,
	WH_PAST_EXIT = 2,
	WH_PAST_OLD = 4,		/* replaced by a later code */
	WH_PAST_UNUSED = 8,		/* never delivered */
	WH_PAST_MANAGED = 16,		/* older records are converted; others are delivered as they are */
	WH_PAST_LARGE = 32,		/* lengths of 32 bits */
};

/*
 * struct wh_past_event - an event code as files of any age hold it
 * @sizes: one letter per parameter of the last form that this code had: see wh_past_size()
 * @nparams: how many those are
 * @flags: enum wh_past_event_flags
 */
struct wh_past_event {
	const char *sizes;
	uint8_t nparams, flags;
};

/* NULL for a code that no file of a version we know can hold. */
const struct wh_past_event *wh_past_event(uint16_t code);

/* Bytes of parameter `index` on the wire; 0 where the length varies, and beyond the last one. */
uint32_t wh_past_size(const struct wh_past_event *event, uint32_t index);

enum wh_conversion_action {
	WH_CONVERSION_DONE,
	WH_CONVERSION_STORE,
	WH_CONVERSION_STORE_DONE,
	WH_CONVERSION_APPEND,
	WH_CONVERSION_RETYPE,
};

enum wh_conversion_source {
	WH_CONVERSION_EMPTY,
	WH_CONVERSION_OLD,
	WH_CONVERSION_ENTRY,
	WH_CONVERSION_VALUE,
	WH_CONVERSION_CONTAINER,
};

/*
 * struct wh_conversion_rule - where one parameter of the new record comes from
 * @source: enum wh_conversion_source
 * @index: of OLD and ENTRY: which parameter
 * @size: of VALUE: how many bytes @value has. Of ENTRY: how many zero bytes stand for it where no entry is stored
 */
struct wh_conversion_rule {
	uint8_t source, index, size;
	uint64_t value;
};

struct wh_conversion {
	uint16_t code, new_code;
	uint8_t nparams, action, rule_count;
	const struct wh_conversion_rule *rules;
};

/* The step for a record of this code with this many parameters; NULL if there is none. */
const struct wh_conversion *wh_conversion(uint16_t code, uint32_t nparams);

#endif
