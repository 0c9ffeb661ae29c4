/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/file.h"
#include "tests/unit/support/test.h"

static const char mounts[] = "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
			     "22 21 254:16 /inner /srv rw - ext4 /dev/vdb rw\n"
			     "23 21 254:16 / /mnt/the\\040disk rw,relatime - ext4 /dev/vdb rw\n"
			     "24 21 0:5 / /dev rw - devtmpfs udev rw";

static const char *named(unsigned major, unsigned minor, const char *path)
{
	static struct event_file f;
	f = (struct event_file){.inode = 7, .dev_major = major, .dev_minor = minor};
	snprintf(f.path, sizeof(f.path), "%s", path);
	file_add_mount(mounts, &f);
	return f.path;
}

static void a_whole_path_begins_with_its_mount_point(void **state _unused_)
{
	assert_string_equal(named(254, 16, "/a/b"), "/mnt/the disk/a/b");
	assert_string_equal(named(0, 5, "/null"), "/dev/null");
}

static void the_root_adds_nothing(void **state _unused_)
{
	assert_string_equal(named(254, 0, "/etc/passwd"), "/etc/passwd");
}

static void what_is_not_known_is_left_alone(void **state _unused_)
{
	assert_string_equal(named(8, 1, "/a"), "/a");
	assert_string_equal(named(254, 16, "b/cut"), "b/cut");
	assert_string_equal(named(254, 16, ""), "");
}

static void a_path_without_room_for_the_mount_point_stays(void **state _unused_)
{
	char path[128];
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[120] = '\0';
	assert_string_equal(named(254, 16, path), path);
	path[127 - strlen("/mnt/the disk")] = '\0';
	assert_int_equal(strlen(named(254, 16, path)), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_path_begins_with_its_mount_point),
		cmocka_unit_test(the_root_adds_nothing),
		cmocka_unit_test(what_is_not_known_is_left_alone),
		cmocka_unit_test(a_path_without_room_for_the_mount_point_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
