/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fan-out that is measured.
 */
#ifndef BENCH_FANOUT_H
#define BENCH_FANOUT_H

#include "rig.h"
#include "traffic.h"

void fanout_attach(int fd);
/* All destinations get the same bytes. */
void fanout_add(int fd, unsigned int dests);
/* Each gets numbers of its own, as if each had joined at a key frame of its own. */
void fanout_add_own(int fd, unsigned int dests, struct traffic_numbers *numbers);
/* Returns the copies made since the last call, when all that came is sent. */
uint64_t fanout_wait(int fd);
/* super-datagrams since it was attached */
uint64_t fanout_sends(int fd);
/* Nothing may have been lost. */
void fanout_check(int fd);

#endif
