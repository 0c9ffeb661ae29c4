/* SPDX-License-Identifier: GPL-2.0-only */
/* A loop device whose file became shorter under it: what is not there any more ends in EIO. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <poll.h>
#include <sys/ioctl.h>

#define DEADLINE_NS (10 * NS_PER_S)
#define BYTES	    4096
#define SECTOR	    256

struct loop {
	int file, device;
	char path[32];
};

static bool loop_make(struct loop *l)
{
	char file[] = "/tmp/tracetrap-live-XXXXXX";
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int free_one = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	l->file = mkstemp(file);
	unlink(file);
	snprintf(l->path, sizeof(l->path), "/dev/loop%d", free_one);
	l->device = free_one < 0 ? -1 : open(l->path, O_RDWR | O_CLOEXEC);
	return l->file >= 0 && l->device >= 0 && ftruncate(l->file, 1 << 20) == 0 &&
	       ioctl(l->device, LOOP_SET_FD, l->file) == 0 && ftruncate(l->file, SECTOR * 512) == 0;
}

static void loop_done(struct loop *l)
{
	ioctl(l->device, LOOP_CLR_FD);
	close(l->device);
	close(l->file);
}

struct watch {
	uint16_t detector;
	const char *disk;
	unsigned found;
	struct event_blkerr got;
	char entity[ENTITY_NAME_MAX];
};

static void keep(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity)
{
	struct watch *w = ctx;
	const struct event_blkerr *e = (const void *)record;
	if (detector != w->detector || len < sizeof(*e) || strcmp(e->disk, w->disk) != 0)
		return;
	w->found++;
	w->got = *e;
	snprintf(w->entity, sizeof(w->entity), "%s", entity);
}

static void take(struct detect *d, struct watch *w)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS;
	while (!w->found && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
		poll(&p, 1, 200);
		assert_true(detect_take(d, keep, w) >= 0);
	}
}

static uint16_t blkerr(void)
{
	for (size_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, "blkerr") == 0)
			return (uint16_t)i;
	fail();
	return 0;
}

/* What reading the page at that sector past the cache says: 0 or -errno. */
static int read_sector(const struct loop *l, uint64_t sector)
{
	static char room[BYTES] __attribute__((aligned(BYTES)));
	_cleanup_close_ int fd = open(l->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	return pread(fd, room, BYTES, (off_t)sector * 512) == BYTES ? 0 : -errno;
}

static void a_read_that_failed_names_disk_sector_bytes_and_error(void **state _unused_)
{
	struct loop l;
	struct watch w = {.detector = blkerr(), .disk = l.path + strlen("/dev/")};
	struct detect *d;
	live_offered(loop_make(&l), "no loop device");
	assert_int_equal(detect_new(&(struct detect_options){0}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	int before = read_sector(&l, SECTOR - BYTES / 512), r = read_sector(&l, SECTOR);
	take(d, &w);
	detect_free(d);
	loop_done(&l);
	assert_int_equal(before, 0);
	assert_int_equal(r, -EIO);
	assert_int_equal(w.found, 1);
	assert_string_equal(w.entity, w.disk);
	assert_int_equal(w.got.sector, SECTOR);
	assert_int_equal(w.got.bytes, BYTES);
	assert_int_equal(w.got.op, 0);
	assert_int_equal(w.got.error, EIO);
	assert_int_equal(w.got.type, BLKERR_REQUEST);
	assert_int_equal(w.got.retries, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_that_failed_names_disk_sector_bytes_and_error),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
