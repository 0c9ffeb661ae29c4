/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a fuzzer over nothing, and over files and directories, without libFuzzer. Each file is also run cut short at a few
 * places. */
#include "engine/base/io.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>

#define FILE_MAX ((size_t)16 << 20)
#define CUTS 16

static size_t n_runs, n_unreadable;

/* An allocation of exactly the size, so that ASan sees a byte read behind it. */
static void run(const char *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	copy_bytes(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	n_runs++;
}

static int run_file(const char *path, const struct stat *st _unused_, int type, struct FTW *ftw _unused_)
{
	_cleanup_buf_ struct buf text = {0};
	if (type != FTW_F)
		return 0;
	if (io_read_file(AT_FDCWD, path, FILE_MAX, &text) < 0) {
		fprintf(stderr, "cannot read '%s'\n", path);
		n_unreadable++;
		return 0;
	}
	for (size_t i = 0; i <= CUTS; i++)
		run(buf_str(&text), text.len * i / CUTS);
	return 0;
}

int main(int argc, char **argv)
{
	run("", 0);
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], run_file, 8, FTW_PHYS) < 0)
			n_unreadable++;
	printf("%s: %zu inputs\n", argv[0], n_runs);
	return n_unreadable != 0;
}
