/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that come with the program as text, so that it needs no file beside it. */
#ifndef WH_DEFAULT_RULES_H
#define WH_DEFAULT_RULES_H

#include <stddef.h>

/* Each tier uses macros and lists of those before it. */
enum wh_rules_tier { WH_RULES_STABLE, WH_RULES_INCUBATING, WH_RULES_SANDBOX };

/* The first of *size bytes, constant for the whole run. No NUL at the end. */
const unsigned char *wh_default_rules(enum wh_rules_tier tier, size_t *size);

#endif
