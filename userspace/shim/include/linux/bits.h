/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_BITS_H
#define SHIM_LINUX_BITS_H

#define BIT(n)		(1U << (n))
#define GENMASK(h, l)	((~0U << (l)) & (~0U >> (31 - (h))))

#endif /* SHIM_LINUX_BITS_H */
