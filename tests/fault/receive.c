/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MESSAGE_BYTES 100
#define INTERVAL_S    0.02
#define SEND_QUEUE    2 /* TCP_SEND_QUEUE of the kernel's enum, which its headers do not give away */
#define RECV_QUEUE    1

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t set_address(union address *a, const char *text)
{
	*a = (union address){0};
	if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
		a->any.sa_family = AF_INET6;
		return sizeof(a->v6);
	}
	a->any.sa_family = AF_INET;
	inet_pton(AF_INET, text, &a->v4.sin_addr);
	return sizeof(a->v4);
}

static void say_end(const char *address_key, const char *port_key, const union address *a)
{
	char text[INET6_ADDRSTRLEN];
	bool v6 = a->any.sa_family == AF_INET6;
	inet_ntop(a->any.sa_family, v6 ? (const void *)&a->v6.sin6_addr : &a->v4.sin_addr, text, sizeof(text));
	fault_say(address_key, "%s", text);
	fault_say(port_key, "%u", ntohs(v6 ? a->v6.sin6_port : a->v4.sin_port));
}

static uint32_t queue_seq(int fd, int queue)
{
	uint32_t seq = 0;
	socklen_t len = sizeof(seq);
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue));
	getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len);
	return seq;
}

/* Where the sender stands, by the same door that checkpoints use. */
static void say_seq(int fd, const char *key)
{
	int on = 1, off = -1; /* without a window probe */
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
	fault_say(key, "%u", queue_seq(fd, SEND_QUEUE));
	fault_say("ack_seq", "%u", queue_seq(fd, RECV_QUEUE));
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off));
}

static bool enter(const char *netns)
{
	_cleanup_close_ int fd = open(netns, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
}

static int send_messages(const struct fault_args *a, const union address *to, socklen_t len)
{
	static const char message[MESSAGE_BYTES];
	int on = 1;
	uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->seconds * 1e9);
	if (!enter(a->path))
		return 1;
	_cleanup_close_ int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, &to->any, len) < 0)
		return 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	say_seq(fd, "seq_first");
	while (clock_now(CLOCK_MONOTONIC) < end && write(fd, message, sizeof(message)) > 0)
		fault_sleep(a->delay > 0 ? 2 * a->delay : INTERVAL_S);
	say_seq(fd, "seq_end");
	return 0;
}

static void read_messages(const struct fault_args *a, int fd)
{
	char room[4096];
	uint64_t longest = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, -1) > 0) {
		uint64_t came = clock_now(CLOCK_MONOTONIC);
		fault_sleep(a->delay);
		uint64_t waited = clock_now(CLOCK_MONOTONIC) - came;
		if (read(fd, room, sizeof(room)) <= 0)
			break;
		longest = MAX(longest, waited);
	}
	fault_say("waited_ns", "%lu", longest);
}

int fault_receive(const struct fault_args *a)
{
	union address here, peer;
	socklen_t len = set_address(&here, a->where), got = len, peer_len = len;
	prctl(PR_SET_NAME, "fault-receive");
	struct timeval patience = {.tv_sec = 10};
	_cleanup_close_ int listener = socket(here.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(listener, &here.any, len) < 0 || listen(listener, 1) < 0 || getsockname(listener, &here.any, &got) < 0) {
		perror(a->where);
		return 1;
	}
	fault_say("comm", "fault-receive");
	fault_say("pid", "%d", getpid());
	fault_say("bytes", "%d", MESSAGE_BYTES);
	say_end("daddr", "dport", &here);
	pid_t child = fork();
	if (child == 0)
		_exit(send_messages(a, &here, len));
	_cleanup_close_ int fd = accept4(listener, &peer.any, &peer_len, SOCK_CLOEXEC);
	if (fd < 0) {
		perror("accept");
		return 1;
	}
	say_end("saddr", "sport", &peer);
	read_messages(a, fd);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	waitpid(child, NULL, 0);
	return 0;
}
