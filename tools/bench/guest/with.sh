#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command with something set up in another way: with.sh fq|software|alone COMMAND.
set -eu

how=$1
shift
case $how in
fq)
	tc qdisc replace dev out0 root fq
	trap 'tc qdisc replace dev out0 root noqueue' EXIT
	;;
software)
	# what the device does not segment, the kernel does before it
	ethtool -K out0 tx-udp-segmentation off
	trap 'ethtool -K out0 tx-udp-segmentation on' EXIT
	;;
alone)
	# a thread for each processor that is there when a fan-out comes
	echo 0 >/sys/devices/system/cpu/cpu1/online
	trap 'echo 1 >/sys/devices/system/cpu/cpu1/online' EXIT
	;;
esac
"$@"
