/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fan-out that is measured.
 */
#ifndef BENCH_FANOUT_H
#define BENCH_FANOUT_H

#include "rig.h"
#include "traffic.h"

/* PERCENT of the time between pictures is used to send one; 0: not paced. */
void fanout_attach(int fd, unsigned int percent);
/* The same, the layers told by a BPF program. */
void fanout_attach_bpf(int fd);
/* All destinations get the same bytes. Returns the nanoseconds in the kernel. */
uint64_t fanout_add(int fd, unsigned int dests);
/* Sets the cap of one; returns the nanoseconds in the kernel. */
uint64_t fanout_change(int fd, unsigned int i, uint8_t tid);
/* All get the lowest spatial layer alone. */
void fanout_add_base(int fd, unsigned int dests);
/* Each gets numbers of its own: no two with the same cap begin at the same picture. */
void fanout_add_own(int fd, unsigned int dests, struct traffic_numbers *numbers);
/* COUNT datagrams were fed: returns the copies when all have them. */
uint64_t fanout_wait(int fd, unsigned int count);
/* Nothing may have been lost. */
void fanout_check(int fd);

#endif
