/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tick a millisecond, of the monotonic clock. */
#ifndef SHIM_LINUX_JIFFIES_H
#define SHIM_LINUX_JIFFIES_H

#include <time.h>

#define HZ			1000UL
#define msecs_to_jiffies(ms)	((unsigned long)(ms))
#define jiffies			shim_jiffies()

static inline unsigned long shim_jiffies(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)now.tv_sec * HZ + now.tv_nsec / 1000000;
}

#endif /* SHIM_LINUX_JIFFIES_H */
