#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# trace_drops.sh SECONDS: why was this dropped? Each copy that was, its reason,
# and, where that is "output", in the line before where and why the output path
# dropped the packet.
set -e
mkdir /sys/kernel/tracing/instances/relay_drops
cd /sys/kernel/tracing/instances/relay_drops
trap 'cd /; rmdir /sys/kernel/tracing/instances/relay_drops' EXIT
trap 'exit 1' HUP INT TERM

pgrep '^rtprelay/' > set_event_pid
echo 1 > events/rtprelay/rtprelay_dest_drop/enable
echo 1 > events/skb/kfree_skb/enable
sleep "$1"
sed '/^#/d' trace
