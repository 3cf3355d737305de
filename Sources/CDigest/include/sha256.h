/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WH_SHA256_H
#define WH_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256 of FIPS 180-4, in portable C: about 200 MB/s. */
struct wh_sha256 {
	uint32_t state[8];
	uint64_t length;
	uint8_t block[64];
};

void wh_sha256_init(struct wh_sha256 *hash);
void wh_sha256_update(struct wh_sha256 *hash, const void *data, size_t size);
/* Writes 32 bytes. */
void wh_sha256_finish(struct wh_sha256 *hash, uint8_t *digest);

#endif
