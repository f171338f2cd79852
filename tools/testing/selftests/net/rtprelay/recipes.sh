#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The recipes with tracepoints that the documentation shows: that each answers
# what it says.

# shellcheck disable=SC1091
source ./rtprelay_lib.sh

tracing=/sys/kernel/tracing
if ! [ -e $tracing/trace ] && ! mount -t tracefs none $tracing; then
	echo "SKIP: no tracefs"
	exit "$ksft_skip"
fi
if ! [ -e $tracing/events/rtprelay/rtprelay_send/hist ]; then
	# the module, if it is one, has to be there
	modprobe -q rtprelay
	if ! [ -e $tracing/events/rtprelay/rtprelay_send/hist ]; then
		echo "SKIP: no CONFIG_HIST_TRIGGERS"
		exit "$ksft_skip"
	fi
fi

trap relay_cleanup EXIT
relay_setup

# Recipes sleep for as long as the stream takes, not for seconds.
mkdir "$dir/bin"
cat > "$dir/bin/sleep" <<-SLEEP
	#!/bin/sh
	while ! [ -e "$dir/flowed" ]; do
		$(command -v sleep) 0.1
	done
SLEEP
chmod +x "$dir/bin/sleep"

# recipe NAME VIEWER=STATUS...: runs it while the stream flows, to $dir/said.
recipe()
{
	local name=$1 pid

	shift
	rm -f "$dir/flowed"
	PATH=$dir/bin:$PATH "./$name" 1 1024 > "$dir/said" 2>&1 &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" ready "$name"
	relay_run 4 "$@"
	: > "$dir/flowed"
	wait $pid
	check_err $? "$(< "$dir/said")"
}

# ready NAME: what the recipe asks for is set up.
ready()
{
	case $1 in
	trace_slow.sh)
		grep -q '^hist' $tracing/events/synthetic/relay_wait/trigger
		;;
	trace_delay.sh)
		grep -q '^hist' $tracing/events/synthetic/relay_delay/trigger
		;;
	trace_drops.sh)
		grep -q 1 $tracing/instances/relay_drops/events/skb/kfree_skb/enable
		;;
	esac 2> /dev/null
}

# heard PATTERN...: the recipe said a line that matches each.
heard()
{
	local pattern

	for pattern in "$@"; do
		grep -qE "$pattern" "$dir/said"
		check_err $? "no $pattern in: $(< "$dir/said")"
	done
}

# nothing_left: all that the recipes set up is gone.
nothing_left()
{
	! grep -qs relay_ $tracing/synthetic_events &&
		! ls $tracing/instances/relay_* &> /dev/null &&
		! grep -qs '^hist' $tracing/events/rtprelay/*/trigger \
			$tracing/events/net/net_dev_start_xmit/trigger
	check_err $? "something is left in $tracing"
}

# The path of the second viewer, whose cookie is 2, waits 50 ms for each packet.
tc -n "$relay" qdisc add dev r1 root handle 1: prio
tc -n "$relay" qdisc add dev r1 parent 1:3 handle 30: netem delay 50ms
tc -n "$relay" filter add dev r1 parent 1: protocol ip flower \
	dst_ip 10.2.0.12 classid 1:3
recipe trace_slow.sh 11=0 12=0 13=0
heard "cookie: +1 .*datagrams: +$COUNT " "cookie: +3 .*datagrams: +$COUNT "
# each packet waited 50 ms: some of one datagram, some of more
first=$(grep -m 1 '^{' "$dir/said")
[[ $first =~ cookie:\ +2\ .*hitcount:\ +([0-9]+)\ .*datagrams:\ +$COUNT\ .*us:\ +([0-9]+) ]] &&
	[ "${BASH_REMATCH[2]}" -ge $((BASH_REMATCH[1] * 49000)) ]
check_err $? "$(< "$dir/said")"
nothing_left
log_test "who is slow"
tc -n "$relay" qdisc del dev r1 root

RET=0
ip -n "$relay" route add blackhole 10.2.0.99
tc -n "$relay" qdisc add dev r1 clsact
tc -n "$relay" filter add dev r1 egress protocol ip flower \
	dst_ip 10.2.0.13 action drop
ALSO=10.2.0.99,7000
recipe trace_drops.sh 11=0 12=0 13=1
heard 'rtprelay_dest_drop: .*dest=10.2.0.99:7000 cookie=4 .*reason=route ' \
	'rtprelay_dest_drop: .*dest=10.2.0.13:7000 cookie=3 .*reason=output '
grep -B 1 'cookie=3 .*reason=output' "$dir/said" | grep -q 'reason: TC_EGRESS'
check_err $? "$(head -n 20 "$dir/said")"
! grep -q 'rtprelay_dest_drop: .*cookie=[12] ' "$dir/said"
check_err $? "others were dropped"
nothing_left
log_test "why was this dropped"
tc -n "$relay" qdisc del dev r1 clsact
ALSO=

# delays: of each cookie the sum of the microseconds that the trace itself says.
delays()
{
	awk '
		function field(name, skip) {
			skip = length(name) + 2
			match($0, " " name "=[0-9]+")
			return substr($0, RSTART + skip, RLENGTH - skip)
		}
		match($0, / [0-9]+[.][0-9]+:/) {
			at = substr($0, RSTART, RLENGTH - 1) * 1000000
		}
		/rtprelay_receive/ {
			came[field("serial")] = at
		}
		/rtprelay_send/ {
			us[field("cookie")] += at - came[field("serial")]
		}
		END {
			for (cookie in us)
				printf "%d %d\n", cookie, us[cookie]
		}' $tracing/instances/recipes/trace
}

RET=0
mkdir $tracing/instances/recipes
for event in receive send; do
	echo 1 > $tracing/instances/recipes/events/rtprelay/rtprelay_$event/enable
done
recipe trace_delay.sh 11=0 12=0 13=0
for viewer in 1 2 3; do
	heard "cookie: +$viewer .*datagrams: +$COUNT "
	said=$(sed -nE "s/.*cookie: +$viewer .*us: +([0-9]+).*/\1/p" "$dir/said")
	want=$(delays | sed -n "s/^$viewer //p")
	# datagrams come a millisecond apart; the events are a little later
	[ "$((said - want))" -lt $((COUNT * 500)) ] &&
		[ "$((want - said))" -lt $((COUNT * 500)) ] && [ "$said" -gt 0 ]
	check_err $? "cookie $viewer: $said, and the trace says $want"
done
rmdir $tracing/instances/recipes
nothing_left
log_test "how long from ingress to egress"

exit "$EXIT_STATUS"
