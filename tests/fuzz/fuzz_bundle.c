/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first byte says what the rest is: a whole file, tar text to be framed (past checksums that no fuzzer guesses), a
 * manifest or a ledger.
 */
#include "engine/base/io.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/manifest.h"
#include "tests/fuzz/fuzz.h"

#include <zstd.h>

#define READ_MAX (1 << 20)

static void read_all(struct bundle *b)
{
	for (size_t i = 0; i < bundle_members(b); i++) {
		_cleanup_buf_ struct buf text = {0};
		bundle_read(b, bundle_member(b, i)->name, READ_MAX, &text);
	}
}

static void salvage(struct bundle *b)
{
	_cleanup_close_ int fd = io_memfd("salvaged", 0);
	struct bundle_finding *f = NULL;
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && bundle_salvage(b, fd) >= 0 && bundle_verify(path, &f) != 0)
		abort(); /* what we salvage is valid */
	free(f);
}

static void try_file(const void *data, size_t size)
{
	_cleanup_close_ int fd = io_memfd("fuzz", 0);
	struct bundle_finding *f = NULL;
	struct bundle *b = NULL;
	char path[64], error[256];
	if (fd < 0 || io_write(fd, data, size) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bundle_verify(path, &f);
	free(f);
	if (bundle_open(path, &b, error, sizeof(error)) == 0) {
		read_all(b);
		salvage(b);
	}
	bundle_close(b);
}

static void try_tar(const void *data, size_t size)
{
	_cleanup_buf_ struct buf frame = {0};
	size_t room = ZSTD_compressBound(size);
	char *to = buf_reserve(&frame, room);
	size_t n = to ? ZSTD_compress(to, room, data, size, 1) : 0;
	if (n && !ZSTD_isError(n))
		try_file(to, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger l = {0};
	struct manifest m = {0};
	if (size == 0)
		return 0;
	const char *rest = (const char *)data + 1;
	switch (data[0] % 4) {
	case 0:
		try_file(rest, size - 1);
		break;
	case 1:
		try_tar(rest, size - 1);
		break;
	case 2:
		if (manifest_parse(rest, size - 1, &m) == 0)
			manifest_done(&m);
		break;
	default:
		if (ledger_parse(rest, size - 1, &l) == 0)
			ledger_done(&l);
		break;
	}
	return 0;
}
