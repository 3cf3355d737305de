/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WINDHOVER_CYAML_H
#define WINDHOVER_CYAML_H

#include <yaml.h>

#endif
