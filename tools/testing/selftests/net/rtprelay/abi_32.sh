#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The same layout and a whole round trip for a 32-bit program.

ksft_skip=4

if [ ! -x ./abi_32 ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP the compiler does not build 32-bit programs"
	exit $ksft_skip
fi
exec ./abi_32
