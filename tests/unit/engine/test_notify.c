/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/util.h"
#include "engine/notify.h"
#include "tests/unit/support/test.h"

#include <sys/socket.h>
#include <sys/un.h>

static int manager;

/* The service manager's end: an abstract socket that the kernel names. */
static int listen_as_manager(void **state _unused_)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(at);
	char name[sizeof(at.sun_path) + 1] = "@";
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&at, sizeof(at.sun_family)), 0);
	assert_int_equal(getsockname(manager, (struct sockaddr *)&at, &len), 0);
	memcpy(name + 1, at.sun_path + 1, len - sizeof(at.sun_family) - 1);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int stop_listening(void **state _unused_)
{
	close(manager);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	return 0;
}

static unsigned heard(void)
{
	char word[64];
	unsigned n = 0;
	for (ssize_t len; (len = recv(manager, word, sizeof(word) - 1, MSG_DONTWAIT)) > 0; n++) {
		word[len] = '\0';
		assert_string_equal(word, "WATCHDOG=1");
	}
	return n;
}

static void live_for(unsigned seconds)
{
	uint64_t told = 0;
	for (unsigned s = 1; s <= seconds; s++)
		notify_watchdog(s * NS_PER_S, &told);
}

static void the_manager_hears_three_times_within_its_span(void **state _unused_)
{
	live_for(90);
	assert_int_equal(heard(), 9);
}

static void a_manager_that_does_not_wait_hears_nothing(void **state _unused_)
{
	unsetenv("WATCHDOG_USEC");
	live_for(90);
	assert_int_equal(heard(), 0);
}

static void words_that_are_due_from_another_process_are_not_ours(void **state _unused_)
{
	setenv("WATCHDOG_PID", "1", 1);
	live_for(90);
	assert_int_equal(heard(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_manager_hears_three_times_within_its_span, listen_as_manager, stop_listening),
		cmocka_unit_test_setup_teardown(a_manager_that_does_not_wait_hears_nothing, listen_as_manager, stop_listening),
		cmocka_unit_test_setup_teardown(words_that_are_due_from_another_process_are_not_ours, listen_as_manager,
						stop_listening),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
