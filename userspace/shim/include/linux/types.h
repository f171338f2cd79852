/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's short names, above the system's own <linux/types.h>. */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#define U8_MAX	0xffU
#define U32_MAX	0xffffffffU

#endif /* SHIM_LINUX_TYPES_H */
