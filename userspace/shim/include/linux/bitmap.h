/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bitmaps, as far as the stream's ring of numbers needs them. */
#ifndef SHIM_LINUX_BITMAP_H
#define SHIM_LINUX_BITMAP_H

#include <limits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <string.h>

#define BITS_PER_LONG	(CHAR_BIT * sizeof(unsigned long))
#define BITS_TO_LONGS(bits) \
	(((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) \
	unsigned long name[BITS_TO_LONGS(bits)]

static inline void bitmap_fill(unsigned long *map, unsigned int bits)
{
	memset(map, 0xff, BITS_TO_LONGS(bits) * sizeof(*map));
}

static inline unsigned long *bitmap_word(unsigned long *map, unsigned int bit)
{
	return &map[bit / BITS_PER_LONG];
}

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	*bitmap_word(map, bit) |= 1UL << bit % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned int bit, unsigned long *map)
{
	*bitmap_word(map, bit) &= ~(1UL << bit % BITS_PER_LONG);
}

static inline void __assign_bit(unsigned int bit, unsigned long *map, bool set)
{
	if (set)
		__set_bit(bit, map);
	else
		__clear_bit(bit, map);
}

static inline bool test_bit(unsigned int bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

#endif /* SHIM_LINUX_BITMAP_H */
