/* SPDX-License-Identifier: Apache-2.0 */
#include "include/default_rules.h"

const unsigned char wh_default_rules[] = {
#embed "windhover_rules.yaml"
};
const size_t wh_default_rules_size = sizeof(wh_default_rules);
