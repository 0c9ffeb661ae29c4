/* SPDX-License-Identifier: GPL-2.0-only */
/* One page of a file is read from its disk again and again: where it lies there and how long it took are known. */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PAGE	4096
#define SECTOR	512
#define EXTENTS 64
#define READS_MAX 1000

/* The page of the file that holds that sector of the disk, or its first page for sector 0. */
static int find_page(int fd, uint64_t sector, off_t *ret_at, uint64_t *ret_sector)
{
	static union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} f = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = EXTENTS}};
	if (ioctl(fd, FS_IOC_FIEMAP, &f.map) < 0)
		return -errno;
	for (unsigned i = 0; i < f.map.fm_mapped_extents; i++) {
		const struct fiemap_extent *e = &f.map.fm_extents[i];
		uint64_t wanted = sector ? sector * SECTOR / PAGE * PAGE : e->fe_physical;
		if (wanted < e->fe_physical || wanted >= e->fe_physical + e->fe_length)
			continue;
		*ret_at = (off_t)(e->fe_logical + wanted - e->fe_physical);
		*ret_sector = wanted / SECTOR;
		return 0;
	}
	return -ENXIO;
}

static void say_file(const char *path, int fd)
{
	char link[64], device[PATH_MAX] = "?";
	struct stat st;
	if (fstat(fd, &st) < 0)
		return;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	fault_say("file", "%s", path);
	fault_say("inode", "%lu", st.st_ino);
	fault_say("dev_major", "%u", major(st.st_dev));
	fault_say("dev_minor", "%u", minor(st.st_dev));
	if (realpath(link, device))
		fault_say("disk", "%s", strrchr(device, '/') + 1);
}

/* Past the page cache, with no read-ahead: one request. */
static ssize_t read_page(int fd, off_t at, uint64_t *ret_ns)
{
	static char page[PAGE];
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	uint64_t begin = clock_now(CLOCK_MONOTONIC);
	ssize_t n = pread(fd, page, sizeof(page), at);
	*ret_ns = clock_now(CLOCK_MONOTONIC) - begin;
	return n < 0 ? -errno : n;
}

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int fault_file_read(const struct fault_args *a)
{
	static uint64_t took[READS_MAX];
	uint64_t sector = 0, end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->seconds * 1e9);
	unsigned reads = 0;
	ssize_t n = 0;
	off_t at = 0;
	prctl(PR_SET_NAME, "fault-read");
	_cleanup_close_ int fd = open(a->path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : find_page(fd, a->sector, &at, &sector);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", a->path, strerror(-r));
		return 1;
	}
	fault_say("comm", "fault-read");
	fault_say("pid", "%d", getpid());
	say_file(a->path, fd);
	fault_say("sector", "%lu", sector);
	fault_say("bytes", "%d", PAGE);
	do
		n = read_page(fd, at, &took[reads++]);
	while (n > 0 && reads < READS_MAX && clock_now(CLOCK_MONOTONIC) < end);
	qsort(took, reads, sizeof(*took), by_length);
	fault_say("reads", "%u", reads);
	fault_say("median_ns", "%lu", took[reads / 2]);
	fault_say("error", "%d", n < 0 ? (int)-n : 0);
	return 0;
}
