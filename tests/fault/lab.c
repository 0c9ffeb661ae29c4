/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/lab.h"

#include "tests/fault/lose.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct {
	int home, there; /* network namespaces */
	pid_t sink;
	struct lose_bpf *bpf;
} lab = {.home = -1, .there = -1};

static int listen_at(int family, unsigned port, int backlog)
{
	int on = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	int r = family == AF_INET6 ? bind(fd, (struct sockaddr *)&v6, sizeof(v6)) : bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	return r < 0 || listen(fd, backlog) < 0 ? -errno : fd;
}

/* Accepts and reads for ever; the listeners are the first two. */
static _noreturn_ void sink(struct pollfd *fds, size_t n)
{
	static char room[65536];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "fault-sink");
	for (;;) {
		poll(fds, n, -1);
		for (size_t i = 2; i < n; i++)
			if (fds[i].revents && read(fds[i].fd, room, sizeof(room)) == 0) {
				close(fds[i].fd);
				fds[i] = fds[--n];
			}
		for (size_t i = 0; i < 2 && n < 256; i++)
			if (fds[i].revents)
				fds[n++] = (struct pollfd){.fd = accept(fds[i].fd, NULL, NULL), .events = POLLIN};
	}
}

static pid_t start_sink(void)
{
	static struct pollfd fds[256];
	fds[0] = (struct pollfd){.fd = listen_at(AF_INET, LAB_PORT, 64), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = listen_at(AF_INET6, LAB_PORT, 64), .events = POLLIN};
	pid_t pid = fork();
	if (pid == 0)
		sink(fds, 2);
	return pid;
}

static int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *fmt, ...)
{
	char command[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return system(command) == 0 ? 0 : -EIO;
}

static int lay_cable(void)
{
	int r;
	if ((r = shell("ip link add fault-we type veth peer name " LAB_DEVICE " netns %d", lab.sink)) < 0 ||
	    (r = shell("ip addr add 10.77.0.1/24 dev fault-we; ip addr add fd77::1/64 dev fault-we nodad; "
		       "ip link set fault-we up")) < 0)
		return r;
	setns(lab.there, CLONE_NEWNET);
	r = shell("ip addr add 10.77.0.2/24 dev " LAB_DEVICE "; ip addr add fd77::2/64 dev " LAB_DEVICE " nodad; "
		  "ip link set lo up; ip link set " LAB_DEVICE " up");
	setns(lab.home, CLONE_NEWNET);
	return r;
}

static int attach_loss(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options);
	lab.bpf = lose_bpf__open_and_load();
	if (!lab.bpf)
		return -errno;
	setns(lab.there, CLONE_NEWNET);
	hook.ifindex = (int)if_nametoindex(LAB_DEVICE);
	options.prog_fd = bpf_program__fd(lab.bpf->progs.lose);
	int r = bpf_tc_hook_create(&hook) ?: bpf_tc_attach(&hook, &options);
	setns(lab.home, CLONE_NEWNET);
	return r;
}

int lab_open(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (getenv("TRACETRAP_VM") && shell("modprobe -a veth sch_ingress cls_bpf ipv6") < 0)
		return -ENODEV;
	lab.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	listen_at(AF_INET, LAB_DEAF_PORT, LAB_DEAF_QUEUE);
	listen_at(AF_INET6, LAB_DEAF_PORT, LAB_DEAF_QUEUE);
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	lab.there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	lab.sink = start_sink();
	setns(lab.home, CLONE_NEWNET);
	int r = lay_cable() ?: attach_loss();
	if (r < 0)
		fprintf(stderr, "cannot lay a cable between two network namespaces: %s\n", strerror(-r));
	return r;
}

void lab_lose(const struct lab_loss *loss)
{
	for (int v6 = 0; v6 < 2; v6++)
		lab.bpf->bss->of[v6].left = lab.bpf->bss->of[v6].matched = lab.bpf->bss->of[v6].lost = lab.bpf->bss->of[v6].begun = 0;
	lab.bpf->bss->port = loss->port;
	lab.bpf->data->with_data = loss->with_data;
	lab.bpf->data->every = loss->every;
	lab.bpf->data->verdict = loss->secretly ? TC_ACT_STOLEN : TC_ACT_SHOT;
	for (int v6 = 0; v6 < 2; v6++)
		__atomic_store_n(&lab.bpf->bss->of[v6].left, loss->times, __ATOMIC_RELEASE);
}

void lab_await(unsigned times)
{
	for (int i = 0; i < 500; i++) {
		if (__atomic_load_n(&lab.bpf->bss->of[0].lost, __ATOMIC_ACQUIRE) >= times &&
		    __atomic_load_n(&lab.bpf->bss->of[1].lost, __ATOMIC_ACQUIRE) >= times)
			return;
		fault_sleep(0.01);
	}
}

static void say_number(const char *key, const char *suffix, uint64_t value)
{
	char name[64];
	snprintf(name, sizeof(name), "%s%s", key, suffix);
	fault_say(name, "%llu", (unsigned long long)value);
}

static void say_address(const char *key, const char *suffix, const uint8_t *address, bool is_v6)
{
	char name[64], text[INET6_ADDRSTRLEN] = "";
	snprintf(name, sizeof(name), "%s%s", key, suffix);
	inet_ntop(is_v6 ? AF_INET6 : AF_INET, is_v6 ? address : address + 12, text, sizeof(text));
	fault_say(name, "%s", text);
}

void lab_say_lost(const char *suffix)
{
	for (int v6 = 0; v6 < 2; v6++) {
		__auto_type of = &lab.bpf->bss->of[v6];
		char end[32];
		snprintf(end, sizeof(end), "%s%d", suffix, v6 ? 6 : 4);
		say_address("saddr", end, of->saddr, v6);
		say_address("daddr", end, of->daddr, v6);
		say_number("sport", end, of->sport);
		say_number("dport", end, of->dport);
		say_number("seq", end, of->seq);
		say_number("ack_seq", end, of->ack_seq);
		say_number("pkt_len", end, of->bytes);
		say_number("tcp_flags", end, of->flags);
		say_number("lost_ns", end, of->t_ns);
	}
}

static int connect_to(int family, const char *v4_address, const char *v6_address, unsigned port, int flags)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int on = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	inet_pton(AF_INET, v4_address, &v4.sin_addr);
	inet_pton(AF_INET6, v6_address, &v6.sin6_addr);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	int r = family == AF_INET6 ? connect(fd, (struct sockaddr *)&v6, sizeof(v6)) : connect(fd, (struct sockaddr *)&v4, sizeof(v4));
	return r < 0 && errno != EINPROGRESS ? -errno : fd;
}

int lab_connect(int family)
{
	return connect_to(family, "10.77.0.2", "fd77::2", LAB_PORT, 0);
}

int lab_knock(int family)
{
	setns(lab.there, CLONE_NEWNET);
	int fd = connect_to(family, "10.77.0.1", "fd77::1", LAB_DEAF_PORT, SOCK_NONBLOCK);
	setns(lab.home, CLONE_NEWNET);
	return fd;
}

unsigned long lab_peer_netns(void)
{
	struct stat st;
	return fstat(lab.there, &st) == 0 ? (unsigned long)st.st_ino : 0;
}

void lab_send(int fd, size_t bytes)
{
	static const char room[65536];
	if (send(fd, room, MIN(bytes, sizeof(room)), MSG_DONTWAIT) < 0 && errno != EAGAIN)
		perror("cannot send to the peer");
}

void lab_close(void)
{
	shell("ip link del fault-we 2>/dev/null || true");
	if (lab.sink > 0) {
		kill(lab.sink, SIGKILL);
		waitpid(lab.sink, NULL, 0);
	}
	lose_bpf__destroy(lab.bpf);
}
