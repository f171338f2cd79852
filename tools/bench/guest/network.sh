#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The network of the measurements: where the stream comes from, and a gateway behind which
# all destinations are. What goes out is freed by the device at once: network.sh TYPE,
# dummy, or ifb on a kernel without it.
set -eu

type=$1

ip link set lo up
ip link add in0 type "$type"
ip addr add 10.99.0.1/24 dev in0
# nothing that the kernel would say by itself
ip link set in0 addrgenmode none up
ip link add out0 type "$type"
ip addr add 10.98.0.1/24 dev out0
ip link set out0 addrgenmode none up
tc qdisc replace dev out0 root noqueue
ip neigh replace 10.98.0.2 lladdr 02:00:00:00:00:02 nud permanent dev out0
ip route add 100.64.0.0/10 via 10.98.0.2 dev out0
# As distributions have it.
jit=/proc/sys/net/core/bpf_jit_enable
[ ! -e $jit ] || echo 1 >$jit
