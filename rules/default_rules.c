/* SPDX-License-Identifier: Apache-2.0 */
#include "default_rules.h"

static const unsigned char stable[] = {
#embed "windhover_rules.yaml"
};

static const unsigned char incubating[] = {
#embed "windhover_incubating.yaml"
};

static const unsigned char sandbox[] = {
#embed "windhover_sandbox.yaml"
};

const unsigned char *wh_default_rules(enum wh_rules_tier tier, size_t *size)
{
	switch (tier) {
	case WH_RULES_STABLE:
		*size = sizeof(stable);
		return stable;
	case WH_RULES_INCUBATING:
		*size = sizeof(incubating);
		return incubating;
	case WH_RULES_SANDBOX:
		*size = sizeof(sandbox);
		return sandbox;
	}
	*size = 0;
	return 0;
}
