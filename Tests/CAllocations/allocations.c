/*
 * Counts heap blocks per thread. The test program's malloc stands before the C library's, for the Swift runtime
 * too; it passes every call on under the name that the C library exports for that. free() is left alone.
 */
#include "allocations.h"

#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static __thread unsigned long count;

/* A sanitizer brings a malloc of its own; then nothing is counted. */
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
void *malloc(size_t size)
{
	count++;
	return __libc_malloc(size);
}

void *calloc(size_t blocks, size_t size)
{
	count++;
	return __libc_calloc(blocks, size);
}

void *realloc(void *block, size_t size)
{
	count++;
	return __libc_realloc(block, size);
}
#endif

unsigned long allocations_of_this_thread(void)
{
	return count;
}
