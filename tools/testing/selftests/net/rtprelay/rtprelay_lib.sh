#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
#   $source                $relay                   $viewers
#  +---------------+      +-------------------+     +------------------------+
#  | s0 10.1.0.1   |------| r0 10.1.0.2       |     |                        |
#  |    fd01:1::1  | veth |    fd01:1::2      |     |                        |
#  +---------------+      | r1 10.2.0.1       |-----| v0 10.2.0.11 .12 .13   |
#                         |    fd01:2::1      |veth |    fd01:2::11 ::12 ::13|
#                         +-------------------+     +------------------------+

# shellcheck disable=SC1091
source ../lib.sh

# A destination besides the viewers, ADDRESS,PORT.
ALSO=

# What the tests send; large enough that the payload is in pages.
COUNT=60

relay_setup()
{
	local i

	setup_ns source relay viewers
	# shellcheck disable=SC2154 # set by setup_ns
	ip link add s0 netns "$source" type veth peer name r0 netns "$relay"
	ip link add r1 netns "$relay" type veth peer name v0 netns "$viewers"
	ip -n "$source" addr add 10.1.0.1/24 dev s0
	ip -n "$source" addr add fd01:1::1/64 dev s0 nodad
	ip -n "$relay" addr add 10.1.0.2/24 dev r0
	ip -n "$relay" addr add fd01:1::2/64 dev r0 nodad
	ip -n "$relay" addr add 10.2.0.1/24 dev r1
	ip -n "$relay" addr add fd01:2::1/64 dev r1 nodad
	for i in 11 12 13; do
		ip -n "$viewers" addr add 10.2.0.$i/24 dev v0
		ip -n "$viewers" addr add fd01:2::$i/64 dev v0 nodad
	done
	ip -n "$source" link set s0 up
	ip -n "$relay" link set r0 up
	ip -n "$relay" link set r1 up
	ip -n "$viewers" link set v0 up
	dir=$(mktemp -d)
}

relay_cleanup()
{
	cleanup_all_ns
	rm -rf "$dir"
}

# has TEXT FILE: for busywait
has()
{
	grep -q "$1" "$2"
}

# relay_run VERSION VIEWER=STATUS...: the stream from the source to viewers, by
# their last number. STATUS is 0 for who must get all of it, undamaged, and 1
# for who must not. Leaves in $dir/relay what the relay says.
relay_run()
{
	local at from sink to viewer want
	local -A pids=()

	if [ "$1" = 4 ]; then
		from=10.1.0.1,6000 at=10.1.0.2,5000 to=10.2.0.
	else
		from=fd01:1::1,6000 at=fd01:1::2,5000 to=fd01:2::
	fi
	shift
	sink=()
	for want in "$@"; do
		viewer=${want%=*}
		ip netns exec "$viewers" ./rtp_tool sink "$to$viewer,7000" \
			$COUNT $((${want#*=} ? 2 : 20)) > "$dir/$viewer" &
		pids[$viewer]=$!
		sink+=("$to$viewer,7000")
		busywait "$BUSYWAIT_TIMEOUT" listens "$to$viewer" || return
	done
	mkfifo "$dir/fifo"
	ip netns exec "$relay" ./rtp_tool relay "$at" "$from" \
		"${sink[@]}" ${ALSO:+"$ALSO"} < "$dir/fifo" > "$dir/relay" &
	pids[relay]=$!
	exec 3> "$dir/fifo"
	busywait "$BUSYWAIT_TIMEOUT" has ready "$dir/relay" || return
	ip netns exec "$source" ./rtp_tool send "$from" "$at" $COUNT
	RET=0
	for want in "$@"; do
		viewer=${want%=*}
		wait "${pids[$viewer]}"
		[ $? = "${want#*=}" ]
		check_err $? "$(cat "$dir/$viewer")"
	done
	exec 3>&-
	wait "${pids[relay]}"
	rm "$dir/fifo"
}

listens()
{
	ip netns exec "$viewers" ss -Hulan "sport = 7000" | grep -qF "$1"
}
