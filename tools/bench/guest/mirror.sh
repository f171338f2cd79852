#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What comes in is mirrored to the outgoing device by tc, a copy for each destination, none
# of which has another address than the others: mirror.sh DESTINATIONS COPIES.
set -eu

# A list of actions ends at 32; the last one goes on to the next list.
most=32

tc qdisc add dev in0 clsact
trap 'tc qdisc del dev in0 clsact' EXIT
left=$1
prio=1
while [ "$left" -gt 0 ]; do
	part=$((left < most ? left : most))
	left=$((left - part))
	actions=
	for _ in $(seq 2 "$part"); do
		actions="$actions action mirred egress mirror dev out0 pipe"
	done
	# shellcheck disable=SC2086
	tc filter add dev in0 ingress prio "$prio" protocol ip matchall $actions \
		action mirred egress mirror dev out0 continue
	prio=$((prio + 1))
done
mirror "$1" "$2"
