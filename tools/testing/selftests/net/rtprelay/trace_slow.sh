#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# trace_slow.sh SECONDS [PACKETS]: which destination is slow? For each, by its
# cookie, how many packets came to a device, how many datagrams they were, and the
# sum of the microseconds that they had waited in queueing disciplines before, the
# slowest first. So many packets are followed; more take more memory.
set -e
cd /sys/kernel/tracing

sent="hist:keys=skbaddr:size=${2:-16384}:from=common_timestamp.usecs"
sent="$sent:to=cookie:of=datagrams"
left="hist:keys=skbaddr:size=${2:-16384}:us=common_timestamp.usecs-\$from"
left="$left:onmatch(rtprelay.rtprelay_send).relay_wait(\$us,\$to,\$of)"
waits='hist:keys=cookie:vals=datagrams,us:sort=us.descending'

end()
{
	set +e
	echo "!$waits" > events/synthetic/relay_wait/trigger
	echo "!$left" > events/net/net_dev_start_xmit/trigger
	echo "!$sent" > events/rtprelay/rtprelay_send/trigger
	echo '!relay_wait' >> synthetic_events
}
trap end EXIT
trap 'exit 1' HUP INT TERM

echo 'relay_wait u64 us; u64 cookie; u16 datagrams' >> synthetic_events
echo "$sent" > events/rtprelay/rtprelay_send/trigger
echo "$left" > events/net/net_dev_start_xmit/trigger
echo "$waits" > events/synthetic/relay_wait/trigger
sleep "$1"
cat events/synthetic/relay_wait/hist
