#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPsec encrypts the copy of one viewer: nobody else's payload changes, though
# all copies share it, and what the one decrypts is the payload.

# shellcheck disable=SC1091
source ./rtprelay_lib.sh

trap relay_cleanup EXIT
relay_setup

key=0x6161616161616161616161616161616161616161

# esp FROM TO SPI MODE [UDP]: FROM's side, then TO's; in UDP where asked for
esp()
{
	local encap=() ns

	if [ -n "$5" ]; then
		encap=(encap espinudp 4500 4500 0.0.0.0)
	fi
	for ns in "$relay" "$viewers"; do
		ip -n "$ns" xfrm state add src "$1" dst "$2" proto esp \
			spi "$3" reqid "$3" mode "$4" \
			aead 'rfc4106(gcm(aes))' $key 128 "${encap[@]}" ||
			return
	done
	ip -n "$relay" xfrm policy add src "$1" dst "$2" dir out \
		tmpl src "$1" dst "$2" proto esp reqid "$3" mode "$4" || return
	# what comes out of a tunnel is dropped unless a policy asks for it
	[ "$4" = transport ] || ip -n "$viewers" xfrm policy add src "$1" dst "$2" dir in \
		tmpl src "$1" dst "$2" proto esp reqid "$3" mode "$4"
}

if ! esp 10.1.0.2 10.2.0.12 0x12 transport; then
	echo "SKIP: no ESP in this kernel"
	exit "$ksft_skip"
fi
esp fd01:1::2 fd01:2::12 0x62 transport
esp 10.1.0.2 10.2.0.14 0x14 tunnel
esp fd01:1::2 fd01:2::14 0x64 tunnel

# who decrypts ESP in UDP needs a socket that says so
esp 10.1.0.2 10.2.0.13 0x13 transport udp
ip netns exec "$viewers" ./rtp_tool espinudp 10.2.0.13,4500 &

for BURST in 1 20; do
	relay_run 4 11=0 12=0 13=0 14=0
	log_test "$BURST at a time: ESP, in UDP, tunnel, and none of these"
	relay_run 6 11=0 12=0 13=0 14=0
	log_test "$BURST at a time: IPv6: ESP, tunnel, and none of these"
done

# A destination takes the stream for ESP in UDP: the first bytes of each datagram
# are an SPI that it knows. It decrypts, before it finds that nothing is right,
# and must not do so in the pages that the others' copies share.
for ((i = 1; i < COUNT; i++)); do
	printf 'xfrm state add src 10.1.0.2 dst 10.2.0.11 proto esp '
	printf 'spi 0x8060%04x mode transport ' $i
	printf "aead 'rfc4106(gcm(aes))' %s 128 encap espinudp 5000 4500 0.0.0.0\n" \
		$key
done | ip -n "$viewers" -batch -
ip netns exec "$viewers" ./rtp_tool espinudp 10.2.0.11,4500 &
ALSO=10.2.0.11,4500
for BURST in 1 20; do
	relay_run 4 11=0 12=0
	log_test "$BURST at a time: what is decrypted is one destination's copy"
done
ALSO=

# The state is gone, the policy is not: what would leave in clear does not.
ip -n "$relay" xfrm state flush
COUNT=5
relay_run 4 11=0 12=1
log_test "no state: nothing in clear, the other is served"

exit "$EXIT_STATUS"
