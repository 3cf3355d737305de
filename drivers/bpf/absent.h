/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Programs of the modern driver that this one does not have: their files are passed over.
 *
 *	io_uring.h	reads structures that no kernel header shows
 *	newborn.h	makes an event of another task than the one that runs (aarch64 only)
 */
#define WH_IO_URING_H
#define WH_NEWBORN_H
