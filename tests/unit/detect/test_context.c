/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/context.h"
#include "engine/base/clock.h"
#include "engine/base/vocabulary.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#define ID   "4f1c7cd9b0bd2b1f5b5e8b3bb9b4d5a2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6"
#define STUCK "5f1c7cd9b0bd2b1f5b5e8b3bb9b4d5a2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6"
#define UID  "8dbc4c2e-9f3a-4c0e-b3d1-5f9e9d1f0a77"
#define UID2 "9dbc4c2e-9f3a-4c0e-b3d1-5f9e9d1f0a77"
#define RUN  "run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define WAIT (60 * NS_PER_S)
#define CRIO "var/lib/containers/storage/overlay-containers/"

struct made {
	struct event h;
	char context[CONTEXT_MAX];
	uint32_t len;
};

static struct tree host;

static int make_host(void **state _unused_)
{
	tree_init(&host);
	tree_write(&host, "var/log/pods/kube-system_dns-7f-abc_" UID "/dns/0.log", "");
	tree_write(&host, RUN ID "/config.json",
		   "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"web-0\",\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	tree_write(&host, CRIO "ab" ID "/userdata/config.json", "");
	tree_write(&host, "proc/7/cgroup", "5:cpu:/x\n4:memory:/docker/" ID "\n1:name=systemd:/docker/other\n0::/\n");
	tree_write(&host, "proc/8/cgroup", "4:memory:/\n0::/\n");
	return 0;
}

static int remove_host(void **state _unused_)
{
	tree_done(&host);
	return 0;
}

static struct made context_of(const char *path)
{
	struct made m = {.h = {.context_at = sizeof(struct event)}};
	struct contexts *c = contexts_new(host.path, "/proc", WAIT);
	m.h.context_len = contexts_of_path(c, path, m.context, sizeof(m.context));
	m.len = m.h.context_at + m.h.context_len;
	contexts_free(c);
	return m;
}

static void expect(const struct made *m, unsigned which, const char *text)
{
	assert_string_equal(event_context(&m->h, m->len, which), text);
}

static void the_name_of_a_pod_stands_in_the_directory_of_its_logs(void **state _unused_)
{
	struct made m = context_of("/kubepods/burstable/pod" UID "/" ID);
	expect(&m, CONTEXT_CGROUP, "/kubepods/burstable/pod" UID "/" ID);
	expect(&m, CONTEXT_CONTAINER, ID);
	expect(&m, CONTEXT_POD_UID, UID);
	expect(&m, CONTEXT_QOS, "burstable");
	expect(&m, CONTEXT_POD, "dns-7f-abc");
	expect(&m, CONTEXT_NAMESPACE, "kube-system");
	expect(&m, CONTEXT_RUNTIME, "containerd");
}

static void without_logs_it_stands_in_the_runtimes_annotations(void **state _unused_)
{
	struct made m = context_of("/kubepods/pod" UID2 "/" ID);
	expect(&m, CONTEXT_POD, "web-0");
	expect(&m, CONTEXT_NAMESPACE, "shop");
	expect(&m, CONTEXT_QOS, "guaranteed");
	expect(&m, CONTEXT_RUNTIME, "containerd");
}

static void a_cgroup_without_a_container_has_its_path_alone(void **state _unused_)
{
	struct made m = context_of("/system.slice/cron.service");
	expect(&m, CONTEXT_CGROUP, "/system.slice/cron.service");
	for (unsigned i = CONTEXT_CONTAINER; i < EVENT_CONTEXTS_; i++)
		expect(&m, i, "");
	assert_null(event_context(&m.h, m.len, EVENT_CONTEXTS_));
}

static void what_was_found_is_still_known_when_the_files_are_gone(void **state _unused_)
{
	char text[CONTEXT_MAX];
	struct contexts *c = contexts_new(host.path, "/proc", WAIT);
	uint32_t len = contexts_of_path(c, "/kubepods/burstable/pod" UID "/" ID, text, sizeof(text));
	tree_done(&host);
	assert_int_equal(contexts_of_path(c, "/kubepods/burstable/pod" UID "/" ID, text, sizeof(text)), len);
	assert_int_equal(contexts_of_path(c, "/kubepods/burstable/pod" UID "/" ID, text, 10), 0);
	contexts_free(c);
	make_host(NULL);
}

/* A FIFO that nobody writes to stands for a disk that hangs. */
static void files_that_do_not_come_cost_the_names_alone(void **state _unused_)
{
	char fifo[256], text[CONTEXT_MAX];
	struct made m = {.h = {.context_at = sizeof(struct event)}};
	tree_write(&host, RUN STUCK "/none", "");
	snprintf(fifo, sizeof(fifo), "%s/" RUN STUCK "/config.json", host.path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	struct contexts *c = contexts_new(host.path, "/proc", NS_PER_MS);
	m.h.context_len = contexts_of_path(c, "/kubepods/pod" UID2 "/" STUCK, m.context, sizeof(m.context));
	m.len = m.h.context_at + m.h.context_len;
	expect(&m, CONTEXT_CONTAINER, STUCK);
	expect(&m, CONTEXT_POD_UID, UID2);
	expect(&m, CONTEXT_POD, "");
	/* Who is stuck with one question takes no other. */
	assert_true(contexts_of_path(c, "/kubepods/burstable/pod" UID "/" ID, text, sizeof(text)) > 0);
	contexts_free(c);
	int fd = open(fifo, O_WRONLY | O_NONBLOCK);
	assert_true(fd >= 0 || errno == ENXIO);
	close_fd(&fd);
}

static void of_v1_hierarchies_the_one_with_the_container_is_taken(void **state _unused_)
{
	char path[256], proc[sizeof(host.path) + 8];
	snprintf(proc, sizeof(proc), "%s/proc", host.path);
	struct contexts *c = contexts_new(host.path, proc, WAIT);
	assert_true(contexts_v1_path(c, 7, path, sizeof(path)));
	assert_string_equal(path, "/docker/" ID);
	assert_false(contexts_v1_path(c, 8, path, sizeof(path)));
	assert_false(contexts_v1_path(c, 9, path, sizeof(path)));
	contexts_free(c);
}

static void a_context_outside_its_record_is_none(void **state _unused_)
{
	struct made m = context_of("/a");
	assert_int_equal(event_own_len(&m.h, m.len), sizeof(struct event));
	m.h.context_len++;
	assert_null(event_context(&m.h, m.len, 0));
	assert_int_equal(event_own_len(&m.h, m.len), m.len);
	m.h.context_len = 1;
	assert_null(event_context(&m.h, m.len, 0)); /* does not end in NUL */
	m.h.context_at = 8;
	assert_null(event_context(&m.h, m.len, 0));
	assert_null(event_context(&m.h, 12, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_of_a_pod_stands_in_the_directory_of_its_logs),
		cmocka_unit_test(without_logs_it_stands_in_the_runtimes_annotations),
		cmocka_unit_test(a_cgroup_without_a_container_has_its_path_alone),
		cmocka_unit_test(what_was_found_is_still_known_when_the_files_are_gone),
		cmocka_unit_test(files_that_do_not_come_cost_the_names_alone),
		cmocka_unit_test(of_v1_hierarchies_the_one_with_the_container_is_taken),
		cmocka_unit_test(a_context_outside_its_record_is_none),
	};
	return cmocka_run_group_tests(tests, make_host, remove_host);
}
