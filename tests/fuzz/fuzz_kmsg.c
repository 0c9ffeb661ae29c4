/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of /dev/kmsg: user space may write them too. */
#include "snapshot/collect/kmsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *record = malloc(size + 1);
	struct kmsg_record r;
	char letter;
	if (!record)
		return 0;
	copy_bytes(record, data, size);
	if (!kmsg_parse(record, size, &r))
		return 0;
	kmsg_mark_of(&r, &letter);
	kmsg_mark_is_of(&r, "20261120T172301Z-test-00000001");
	if (r.text < record || r.text + r.len > record + size || r.level > 7)
		abort();
	FILE *nowhere = fopen("/dev/null", "w");
	if (nowhere) {
		kmsg_print(nowhere, &r);
		fclose(nowhere);
	}
	return 0;
}
