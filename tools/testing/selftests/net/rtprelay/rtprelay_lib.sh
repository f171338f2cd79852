#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
#   $source                $relay                   $viewers
#  +---------------+      +-------------------+     +------------------------+
#  | s0 10.1.0.1   |------| r0 10.1.0.2       |     |                        |
#  |    fd01:1::1  | veth |    fd01:1::2      |     |                        |
#  +---------------+      | r1 10.2.0.1       |-----| v0 10.2.0.11 to .14    |
#                         |    fd01:2::1      |veth |    fd01:2::11 to ::14  |
#                         +-------------------+     +------------------------+

# shellcheck disable=SC1091
source ../lib.sh

# A destination besides the viewers, ADDRESS,PORT.
ALSO=

# What the tests send; large enough that the payload is in pages.
COUNT=60

# How many of them wait for the relay together.
BURST=1

relay_setup()
{
	local i

	setup_ns source relay viewers
	# shellcheck disable=SC2154 # set by setup_ns
	ip -batch - <<-LINKS
		link add s0 netns $source type veth peer name r0 netns $relay
		link add r1 netns $relay type veth peer name v0 netns $viewers
	LINKS
	ip -n "$source" -batch - <<-SOURCE
		addr add 10.1.0.1/24 dev s0
		addr add fd01:1::1/64 dev s0 nodad
		link set s0 up
	SOURCE
	ip -n "$relay" -batch - <<-RELAY
		addr add 10.1.0.2/24 dev r0
		addr add fd01:1::2/64 dev r0 nodad
		addr add 10.2.0.1/24 dev r1
		addr add fd01:2::1/64 dev r1 nodad
		link set r0 up
		link set r1 up
	RELAY
	for i in 11 12 13 14; do
		printf 'addr add 10.2.0.%s/24 dev v0\n' $i
		printf 'addr add fd01:2::%s/64 dev v0 nodad\n' $i
	done | ip -n "$viewers" -batch -
	ip -n "$viewers" link set v0 up
	dir=$(mktemp -d)
}

relay_cleanup()
{
	cleanup_all_ns
	rm -rf "$dir"
}

# said FILE: for busywait. Sinks and relays say that they are ready, first.
said()
{
	[ -s "$1" ]
}

# relay_run VERSION VIEWER=STATUS[@TOLD]...: the stream from the source to viewers,
# by their last number, or by another where the relay is told that one. STATUS is
# 0 for who must get all of it, undamaged, and 1 for who must not. Leaves in
# $dir/relay what the relay says.
relay_run()
{
	local at from sink status to told viewer want
	local -A pids=()

	if [ "$1" = 4 ]; then
		from=10.1.0.1,6000 at=10.1.0.2,5000 to=10.2.0.
	else
		from=fd01:1::1,6000 at=fd01:1::2,5000 to=fd01:2::
	fi
	shift
	sink=()
	for want in "$@"; do
		viewer=${want%=*} status=${want#*=}
		told=$viewer
		if [ "$status" != "${status#*@}" ]; then
			told=${status#*@} status=${status%@*}
		fi
		: > "$dir/$viewer"
		ip netns exec "$viewers" ./rtp_tool sink "$to$viewer,7000" \
			$COUNT $((status ? 2 : 20)) > "$dir/$viewer" &
		pids[$viewer]=$!
		sink+=("$to$told,7000")
	done
	mkfifo "$dir/fifo"
	: > "$dir/relay"
	ip netns exec "$relay" ./rtp_tool relay "$at" "$from" \
		"${sink[@]}" ${ALSO:+"$ALSO"} < "$dir/fifo" > "$dir/relay" &
	pids[relay]=$!
	exec 3> "$dir/fifo"
	for viewer in "${!pids[@]}"; do
		busywait "$BUSYWAIT_TIMEOUT" said "$dir/$viewer" || return
	done
	ip netns exec "$source" ./rtp_tool send "$from" "$at" $COUNT $BURST
	RET=0
	for want in "$@"; do
		viewer=${want%=*} status=${want#*=}
		wait "${pids[$viewer]}"
		[ $? = "${status%@*}" ]
		check_err $? "$(< "$dir/$viewer")"
	done
	exec 3>&-
	wait "${pids[relay]}"
	rm "$dir/fifo"
}
