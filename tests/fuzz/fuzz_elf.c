/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF files of other people, as the confined child parses them. */
#include "engine/base/io.h"
#include "snapshot/symbol/elf.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t queries[] = {0, 0x40, 0x1000, 0x1139, 0x2000, UINT64_MAX - 1};
	_cleanup_close_ int fd = io_memfd("elf", 0);
	if (fd < 0 || io_write(fd, data, size) < 0)
		return 0;
	for (int by_vaddr = 0; by_vaddr < 2; by_vaddr++) {
		struct elf_answer a;
		if (elf_lookup(fd, by_vaddr, queries, ARRAY_SIZE(queries), &a) < 0)
			continue;
		for (size_t i = 0; i < a.n; i++)
			if (a.hits[i].name >= a.names.len)
				abort();
		elf_answer_done(&a);
	}
	return 0;
}
