/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bitmaps, as far as the stream's window of sequence numbers needs them. */
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

static inline bool __test_and_set_bit(unsigned int bit, unsigned long *map)
{
	bool was = *bitmap_word(map, bit) >> bit % BITS_PER_LONG & 1;

	__set_bit(bit, map);
	return was;
}

#endif /* SHIM_LINUX_BITMAP_H */
