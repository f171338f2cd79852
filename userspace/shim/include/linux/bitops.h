/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_BITOPS_H
#define SHIM_LINUX_BITOPS_H

#include <linux/bitmap.h>
#include <linux/bits.h>

#define __ffs(word)		((unsigned int)__builtin_ctzl(word))
#define ffz(word)		__ffs(~(unsigned long)(word))
#define hweight32(word)		((unsigned int)__builtin_popcount(word))

#endif /* SHIM_LINUX_BITOPS_H */
