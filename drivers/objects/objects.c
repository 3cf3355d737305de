/* SPDX-License-Identifier: Apache-2.0 */
#include "objects.h"

#pragma clang diagnostic ignored "-Wc23-extensions" /* #embed */

#if __has_embed("modern_bpf.bpf.o")
static const unsigned char wh_modern_bpf_object[] __attribute__((aligned(8))) = {
#embed "modern_bpf.bpf.o"
};
const size_t wh_modern_bpf_object_size = sizeof(wh_modern_bpf_object);
#else
static const unsigned char wh_modern_bpf_object[1];
const size_t wh_modern_bpf_object_size = 0;
#endif

const void *wh_modern_bpf_object_start(void)
{
	return wh_modern_bpf_object;
}

#if __has_embed("driver_sources.tar")
static const unsigned char wh_driver_sources[] = {
#embed "driver_sources.tar"
};
const size_t wh_driver_sources_size = sizeof(wh_driver_sources);
#else
static const unsigned char wh_driver_sources[1];
const size_t wh_driver_sources_size = 0;
#endif

const void *wh_driver_sources_start(void)
{
	return wh_driver_sources;
}
