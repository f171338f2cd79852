#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The network of gro_cost, which it then runs: gro_cost.sh PROGRAM DATAGRAMS ROUNDS.
set -eu

program=$1
shift

ip netns add sender
ip netns add receiver
trap 'ip netns del sender; ip netns del receiver' EXIT
ip -n sender link add veth0 type veth peer name veth1 netns receiver
ip -n sender addr add 10.9.0.1/24 dev veth0
ip -n receiver addr add 10.9.0.2/24 dev veth1
# veth passes by GRO what a sender with TSO made.
ip netns exec sender ethtool -K veth0 tso off
ip netns exec receiver ethtool -K veth1 gro on
ip -n sender link set veth0 up
ip -n receiver link set veth1 up
# A reader that never reads: what is beyond its buffer is dropped behind GRO.
ip netns exec receiver socat -u UDP4-RECV:4000 EXEC:'sleep 600' &
reader=$!
trap 'kill $reader; ip netns del sender; ip netns del receiver' EXIT
sleep 1
ip netns exec sender "$program" "$@"
