#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's packet generator, which sends to the device itself: pktgen.sh built|shared
# COPIES. built: each packet anew; shared: one packet, sent again. Prints a line of JSON.
set -eu

flow=/proc/net/pktgen/out0

# Each command is a write of its own.
set_to() {
	file=$1
	shift
	for command; do
		echo "$command" >"$file"
	done
}

set_to /proc/net/pktgen/kpktgend_0 "rem_device_all" "add_device out0"
case $1 in
built)
	set_to "$flow" "clone_skb 0"
	;;
shared)
	set_to "$flow" "clone_skb 1000000"
	;;
esac
set_to "$flow" "count $2" "pkt_size 1442" "delay 0" "dst_min 100.64.0.1" \
	"dst_max 100.64.3.232" "dst_mac 02:00:00:00:00:02" "udp_dst_min 5004" "udp_dst_max 5004"
set_to /proc/net/pktgen/pgctrl "start"
usec=$(sed -n 's/^Result: OK: [0-9]*(c\([0-9]*\)+.*/\1/p' "$flow")
set_to /proc/net/pktgen/kpktgend_0 "rem_device_all"
echo "{\"who\": \"pktgen\", \"copies\": $2, \"ns\": $((usec * 1000))}"
