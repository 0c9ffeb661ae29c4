/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/terms.h"

void terms_take(uint64_t *since_ns, unsigned n, terms_word before, terms_word now, uint64_t now_ns)
{
	for (unsigned k = 0; k < n; k++)
		if (terms_said(now, k) != terms_said(before, k))
			since_ns[k] = now_ns;
}
