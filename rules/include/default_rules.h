/* SPDX-License-Identifier: Apache-2.0 */
/* The default rules as text, so that the program needs no file beside it. */
#ifndef WH_DEFAULT_RULES_H
#define WH_DEFAULT_RULES_H

#include <stddef.h>

extern const unsigned char wh_default_rules[];
extern const size_t wh_default_rules_size;

#endif
