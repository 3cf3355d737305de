/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Kernel values to portable ones, once: wh_map_<group>() for each group of flags.def, and the few that a table
 * cannot express.
 *
 * A bit mask maps row by row; a row whose kernel constant has several bits matches if any of them is set, which is
 * what users of the portable values expect (O_DIRECTORY also sets O_TMPFILE). A single-choice value without a row
 * becomes the group's row that has no kernel value (RLIMIT_UNKNOWN), or 0.
 */
#ifndef WH_VALUES_H
#define WH_VALUES_H

/* Open flags that architectures number differently: asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h. */
#if defined(__TARGET_ARCH_arm64) || defined(__aarch64__)
#define WH_ARCH_O_DIRECTORY 0x4000
#define WH_ARCH_O_DIRECT 0x10000
#define WH_ARCH_O_LARGEFILE 0x20000
#else
#define WH_ARCH_O_DIRECTORY 0x10000
#define WH_ARCH_O_DIRECT 0x4000
#define WH_ARCH_O_LARGEFILE 0x8000
#endif
#define WH_ARCH_O_TMPFILE (0x400000 | WH_ARCH_O_DIRECTORY)

#define WH_NO_KERNEL_VALUE 0x8000000000000000ull
#define NO_KERNEL_VALUE WH_NO_KERNEL_VALUE

WH_INLINE uint64_t wh_map_row_MASK(uint64_t out, uint64_t value, uint64_t portable, uint64_t kernel)
{
	if (kernel == WH_NO_KERNEL_VALUE || kernel == 0)
		return out;
	return out | (uint64_t)((value & kernel) != 0) * portable;
}

WH_INLINE uint64_t wh_map_row_ENUM(uint64_t out, uint64_t value, uint64_t portable, uint64_t kernel)
{
	return kernel != WH_NO_KERNEL_VALUE && value == kernel ? portable : out;
}

/* What a single-choice group gives for a value without a row. */
#define GROUP(group, kind) enum { WH_OTHERWISE_##group = 0
#define FLAG(group, symbol, portable, text, kernel) | ((kernel) == WH_NO_KERNEL_VALUE ? (portable) : 0)
#define END_GROUP(group) };
#define WH_WITHOUT_WIDE_GROUPS
#include "../schema/flags.def"
#undef GROUP
#undef FLAG
#undef END_GROUP

#define WH_IS_CHOICE_MASK 0
#define WH_IS_CHOICE_MODE 0
#define WH_IS_CHOICE_ENUM 1

#define GROUP(group, kind)							\
WH_INLINE uint64_t wh_map_##group(uint32_t value)				\
{										\
	enum { wh_is_choice = WH_IS_CHOICE_##kind };				\
	uint64_t out = wh_is_choice ? (uint64_t)WH_OTHERWISE_##group : 0;
#define FLAG(group, symbol, portable, text, kernel)				\
	out = wh_is_choice ? wh_map_row_ENUM(out, value, portable, kernel) : wh_map_row_MASK(out, value, portable, kernel);
#define END_GROUP(group)							\
	return out;								\
}
#include "../schema/flags.def"
#undef GROUP
#undef FLAG
#undef END_GROUP

/* Groups printed as masks whose kernel constants are one number out of a list (semctl, quotactl): 0 without a row. */
#define GROUP(group, kind)							\
WH_INLINE uint64_t wh_choose_##group(uint32_t value)				\
{										\
	uint64_t out = 0;
#define FLAG(group, symbol, portable, text, kernel) out = wh_map_row_ENUM(out, value, portable, kernel);
#define END_GROUP(group)							\
	return out;								\
}
#include "../schema/flags.def"
#undef GROUP
#undef FLAG
#undef END_GROUP
#undef WH_WITHOUT_WIDE_GROUPS
#undef NO_KERNEL_VALUE

enum {
	WH_KERNEL_O_CREAT = 0x40,
	WH_KERNEL_O_TMPFILE_BITS = WH_ARCH_O_TMPFILE,
	WH_KERNEL_O_NONBLOCK = 0x800,
	WH_KERNEL_O_DIRECT = WH_ARCH_O_DIRECT,
	WH_KERNEL_O_CLOEXEC = 0x80000,
};

/* Open flags: the two lowest bits are one number and not bits; 3 asks for neither reading nor writing (open(2)). */
WH_INLINE uint32_t wh_map_open_flags(uint32_t flags)
{
	uint32_t access = flags & 3;
	uint32_t out = wh_map_file_flags(flags & ~3u);

	if (access == 1)
		return out | WH_FLAG_file_flags_O_WRONLY;
	if (access == 2)
		return out | WH_FLAG_file_flags_O_RDWR;
	return out | WH_FLAG_file_flags_O_RDONLY;
}

/* The flags that calls other than open share with it: only the given kernel bits, and nothing for a negative value. */
WH_INLINE uint32_t wh_map_descriptor_flags(int32_t flags, uint32_t kept)
{
	uint32_t out = 0;

	if (flags < 0)
		return 0;
	if (flags & kept & WH_KERNEL_O_NONBLOCK)
		out |= WH_FLAG_file_flags_O_NONBLOCK;
	if (flags & kept & WH_KERNEL_O_CLOEXEC)
		out |= WH_FLAG_file_flags_O_CLOEXEC;
	if (flags & kept & WH_KERNEL_O_DIRECT)
		out |= WH_FLAG_file_flags_O_DIRECT;
	return out;
}

/* The mode argument counts only where the call can create a file. */
WH_INLINE uint32_t wh_map_open_mode(uint32_t flags, uint32_t mode)
{
	return flags & (WH_KERNEL_O_CREAT | WH_KERNEL_O_TMPFILE_BITS) ? mode & 07777 : 0;
}

/* Kernel-internal device number (minor in the low 20 bits) to the one that user space sees in stat(2). */
WH_INLINE uint32_t wh_map_device(uint32_t device)
{
	uint32_t major = device >> 20, minor = device & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* File type and permissions of mknod(2): type 0 means a regular file, an unknown one maps to none. */
WH_INLINE uint32_t wh_map_node_mode(uint32_t mode)
{
	uint32_t type = mode & 0170000;
	uint32_t out = mode & 07777;

	switch (type) {
	case 0:
		return out | 0100000;
	case 0100000:
	case 0020000:
	case 0060000:
	case 0010000:
	case 0140000:
		return out | type;
	default:
		return out;
	}
}

/* The operation in the low seven bits is one number, the two option bits above it are bits. */
WH_INLINE uint32_t wh_map_futex_operation(uint32_t operation)
{
	uint32_t options = WH_FLAG_futex_operations_FU_FUTEX_PRIVATE_FLAG |
			   WH_FLAG_futex_operations_FU_FUTEX_CLOCK_REALTIME;

	return wh_choose_futex_operations(operation & 127) | (operation & options);
}

#endif
