#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copies are like any packets that leave the host: netfilter filters them,
# translates their addresses and may even rewrite them, one viewer's only.

# shellcheck disable=SC1091
source ./rtprelay_lib.sh

if ! command -v nft > /dev/null; then
	echo "SKIP: no nft"
	exit "$ksft_skip"
fi

trap relay_cleanup EXIT
relay_setup

# counted by the relay as packets refused by the output path
refused()
{
	awk -v at="$1,7000" '$1 == at { print $4 }' "$dir/relay"
}

rules()
{
	ip netns exec "$relay" nft -f - <<-RULES
		flush ruleset
		table inet t {
			chain nat {
				type nat hook output priority -100;
				$1
			}
			chain post {
				type nat hook postrouting priority 100;
				$2
			}
			chain out {
				type filter hook output priority 0;
				$3
			}
		}
	RULES
}

if ! rules "" "" ""; then
	echo "SKIP: no nftables in this kernel"
	exit "$ksft_skip"
fi

verdicts()
{
	rules "" "" "udp dport 7000 ip daddr 10.2.0.12 drop"
	relay_run 4 11=0 12=1 13=0
	log_test "$1: a verdict concerns one viewer"
	RET=0
	[ "$(refused 10.2.0.12)" = "$COUNT" ] && [ "$(refused 10.2.0.11)" = 0 ]
	check_err $? "$(< "$dir/relay")"
	log_test "$1: and is counted there"

	rules "" "" "udp dport 7000 ip6 daddr fd01:2::13 drop"
	relay_run 6 11=0 13=1
	log_test "$1: IPv6: a verdict concerns one viewer"
}

# The viewers know the source by another address only, and the relay one of them.
translation()
{
	rules "ip daddr 10.2.0.99 dnat ip to 10.2.0.12" \
		"udp dport 7000 masquerade" ""
	ip netns exec "$viewers" nft -f - <<-RULES
		table inet t {
			chain in {
				type filter hook input priority 0;
				ip saddr != 10.2.0.1 udp dport 7000 drop
			}
		}
	RULES
	relay_run 4 11=0 12=0@99 13=0
	log_test "$1: address translation"
	ip netns exec "$viewers" nft flush ruleset
}

# A rule that writes into the payload, where all copies share it.
rewriting()
{
	rules "" "" \
		"ip daddr 10.2.0.12 udp dport 7000 @th,4096,32 set 0xdeadbeef"
	relay_run 4 11=0 12=1 13=0
	log_test "$1: what is rewritten is one viewer's copy"
}

for BURST in 1 20; do
	verdicts "$BURST at a time"
	translation "$BURST at a time"
	rewriting "$BURST at a time"
done

exit "$EXIT_STATUS"
