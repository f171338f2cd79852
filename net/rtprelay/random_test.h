/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For KUnit tests: inputs that are others in each run. The log has the seed; a
 * run is repeated by having random_begin() use that one.
 */
#ifndef _NET_RTPRELAY_RANDOM_TEST_H
#define _NET_RTPRELAY_RANDOM_TEST_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/random.h>

static inline void random_begin(struct kunit *test, struct rnd_state *random)
{
	u32 seed = get_random_u32();

	kunit_info(test, "seed %u\n", seed);
	prandom_seed_state(random, seed);
}

/* From @low to @high. */
static inline u32 random_in(struct rnd_state *random, u32 low, u32 high)
{
	return low + prandom_u32_state(random) % (high - low + 1);
}

#endif /* _NET_RTPRELAY_RANDOM_TEST_H */
