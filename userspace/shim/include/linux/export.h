/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing: the codecs use it for what kunit/visibility.h defines. */
