/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Viewers at one address, as couplings are tested with */
#ifndef TESTS_HOME_H
#define TESTS_HOME_H

#include <arpa/inet.h>

#include "fanout.h"
#include "leg.h"

/* home_leg - of a viewer at that address; @i tells it from the others there */
static inline void home_leg(struct leg *leg, guint i)
{
	*leg = (struct leg){ .transport = TRANSPORT_UDP };
	leg->dest.addr.family = AF_INET;
	leg->dest.addr.addr[0] = 10;
	leg->dest.addr.port = htons(5000 + i);
	leg->dest.cap = FANOUT_CAP_ALL;
	adapter_leg_init(&leg->adapter, &FANOUT_CAP_ALL);
}

#endif /* TESTS_HOME_H */
