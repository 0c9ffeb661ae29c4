/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/notify.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/base/clock.h"
#include "engine/base/util.h"

static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (!path || strlen(path) >= sizeof(a.sun_path) || (*path != '/' && *path != '@'))
		return;
	strcpy(a.sun_path, path);
	if (*path == '@')
		a.sun_path[0] = '\0';
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (fd >= 0)
		sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&a, len);
}

void notify_ready(void)
{
	notify("READY=1");
}

void notify_reloading(uint64_t monotonic_ns)
{
	char state[64];
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(monotonic_ns / NS_PER_US));
	notify(state);
}

void notify_stopping(void)
{
	notify("STOPPING=1");
}

/* Between two words; 0: nobody waits for them. */
static uint64_t watchdog_every_ns(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!us || (pid && strtoull(pid, NULL, 10) != (unsigned long long)getpid()))
		return 0;
	return strtoull(us, NULL, 10) / 3 * NS_PER_US;
}

void notify_watchdog(uint64_t now_ns, uint64_t *told_ns)
{
	uint64_t every_ns = watchdog_every_ns();
	if (!every_ns || (*told_ns && now_ns - *told_ns < every_ns))
		return;
	*told_ns = now_ns;
	notify("WATCHDOG=1");
}
