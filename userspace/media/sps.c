// SPDX-License-Identifier: GPL-2.0-or-later
#include "sps.h"

/* nal_unit_header, profile_idc, the constraint flags and level_idc: one octet each */
#define SPS_ID_OCTET	4

/* Takes the emulation prevention octets out. */
static GByteArray *to_rbsp(const guint8 *nal, gsize len)
{
	GByteArray *rbsp = g_byte_array_new();

	for (gsize i = 0; i < len; i++) {
		if (i >= 2 && nal[i] == 3 && nal[i - 1] == 0 && nal[i - 2] == 0)
			continue;
		g_byte_array_append(rbsp, &nal[i], 1);
	}
	return rbsp;
}

/* Puts the emulation prevention octets back. */
static GByteArray *to_nal(const GByteArray *rbsp)
{
	static const guint8 prevent = 3;
	GByteArray *nal = g_byte_array_new();
	guint zeros = 0;

	for (guint i = 0; i < rbsp->len; i++) {
		if (zeros == 2 && rbsp->data[i] <= 3) {
			g_byte_array_append(nal, &prevent, 1);
			zeros = 0;
		}
		zeros = rbsp->data[i] ? 0 : zeros + 1;
		g_byte_array_append(nal, &rbsp->data[i], 1);
	}
	return nal;
}

GByteArray *sps_copy_as_id1(const guint8 *sps, gsize len)
{
	g_autoptr(GByteArray) in = NULL;
	g_autoptr(GByteArray) out = NULL;
	guint carry;

	/* seq_parameter_set_id 0 is the Exp-Golomb code 1 */
	if (len <= SPS_ID_OCTET || (sps[0] & 0x1f) != 7 || !(sps[SPS_ID_OCTET] & 0x80))
		return NULL;

	in = to_rbsp(sps, len);
	out = g_byte_array_new();
	g_byte_array_append(out, in->data, SPS_ID_OCTET);
	/* id 1 is the code 010: what follows the id moves by two bits */
	carry = 1;
	for (guint i = SPS_ID_OCTET; i < in->len; i++) {
		guint bits = i == SPS_ID_OCTET ? in->data[i] & 0x7f : in->data[i];
		guint8 octet = carry << 6 | bits >> 2;

		g_byte_array_append(out, &octet, 1);
		carry = bits & 3;
	}
	if (carry) {
		guint8 octet = carry << 6;

		g_byte_array_append(out, &octet, 1);
	}
	return to_nal(out);
}
