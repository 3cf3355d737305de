/* SPDX-License-Identifier: Apache-2.0 */
/* The default rules as text, so that the program needs no file beside it. */
#ifndef WH_DEFAULT_RULES_H
#define WH_DEFAULT_RULES_H

#include <stddef.h>

/* The first of wh_default_rules_size bytes, constant for the whole run. No NUL at the end. */
const unsigned char *wh_default_rules_start(void);
extern const size_t wh_default_rules_size;

#endif
