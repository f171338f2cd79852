#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# trace_delay.sh SECONDS [DATAGRAMS]: how long from ingress to egress? For each
# destination, by its cookie, how many packets were handed to the network, how
# many datagrams they were, and the sum of the microseconds since the first
# datagram of each packet's batch had been received. So many datagrams are
# followed; more take more memory.
set -e
cd /sys/kernel/tracing

came="hist:keys=socket,serial:size=${2:-131072}:in=common_timestamp.usecs"
went="hist:keys=socket,serial:size=${2:-131072}:out=common_timestamp.usecs"
went="$went:onmatch(rtprelay.rtprelay_receive)"
went="$went.relay_way(\$in,\$out,cookie,datagrams)"
# $in is there for each destination, but a difference would take it from the next
ways='hist:keys=cookie:us=out-in:onmatch(synthetic.relay_way)'
ways="$ways.relay_delay(\$us,cookie,datagrams)"
delays='hist:keys=cookie:vals=datagrams,us:sort=cookie'

end()
{
	set +e
	echo "!$delays" > events/synthetic/relay_delay/trigger
	echo "!$ways" > events/synthetic/relay_way/trigger
	echo "!$went" > events/rtprelay/rtprelay_send/trigger
	echo "!$came" > events/rtprelay/rtprelay_receive/trigger
	echo '!relay_way' >> synthetic_events
	echo '!relay_delay' >> synthetic_events
}
trap end EXIT
trap 'exit 1' HUP INT TERM

echo 'relay_delay u64 us; u64 cookie; u16 datagrams' >> synthetic_events
echo 'relay_way u64 in; u64 out; u64 cookie; u16 datagrams' >> synthetic_events
echo "$came" > events/rtprelay/rtprelay_receive/trigger
echo "$went" > events/rtprelay/rtprelay_send/trigger
echo "$ways" > events/synthetic/relay_way/trigger
echo "$delays" > events/synthetic/relay_delay/trigger
sleep "$1"
cat events/synthetic/relay_delay/hist
