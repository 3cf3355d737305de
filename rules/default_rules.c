/* SPDX-License-Identifier: Apache-2.0 */
#include "default_rules.h"

static const unsigned char rules[] = {
#embed "windhover_rules.yaml"
};

const size_t wh_default_rules_size = sizeof(rules);

const unsigned char *wh_default_rules_start(void) { return rules; }
