/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/lab.h"

#define SEGMENT 100
#define SENDERS 16

static const int families[] = {AF_INET, AF_INET6};

static void say_onset(void)
{
	fault_say("onset_ns", "%llu", (unsigned long long)clock_now(CLOCK_MONOTONIC));
}

/* One connection of each family, and so many segments on it, each a packet of its own. */
static void send_to_peer(int segments, int ret_fds[ARRAY_SIZE(families)])
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		ret_fds[f] = lab_connect(families[f]);
	for (int i = 0; i < segments; i++)
		for (size_t f = 0; f < ARRAY_SIZE(families); f++)
			lab_send(ret_fds[f], SEGMENT);
}

static void close_all(const int *fds, size_t n)
{
	while (n)
		close(fds[--n]);
}

/* The first `times` of some segments are lost; what the last of those was is said. */
static void lose(int segments, unsigned times, bool secretly, const char *suffix, double seconds)
{
	int fds[ARRAY_SIZE(families)];
	lab_lose(&(struct lab_loss){.port = LAB_PORT, .with_data = true, .every = 1, .times = times, .secretly = secretly});
	send_to_peer(segments, fds);
	lab_await(times);
	lab_say_lost(suffix);
	fault_sleep(seconds);
	close_all(fds, ARRAY_SIZE(fds));
}

/* More connections than the accept queue takes: the first packets of the rest are dropped. */
static void overflow(double seconds)
{
	int fds[256];
	size_t n = 0;
	for (uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9); clock_now(CLOCK_MONOTONIC) < end;) {
		for (size_t f = 0; f < ARRAY_SIZE(families) && n < ARRAY_SIZE(fds); f++)
			fds[n++] = lab_knock(families[f]);
		fault_sleep(0.2);
	}
	close_all(fds, n);
}

int fault_tcp_drop(const struct fault_args *a)
{
	if (lab_open() < 0)
		return 1;
	fault_say("ifname", "%s", LAB_DEVICE);
	fault_say("netns", "%lu", lab_peer_netns());
	fault_say("deaf_port", "%d", LAB_DEAF_PORT);
	fault_say("backlog", "%d", LAB_DEAF_QUEUE);
	say_onset();
	overflow(a->seconds);
	lose(/* segments= */ 3, /* times= */ 3, /* secretly= */ false, "", 0.5);
	lab_close();
	return 0;
}

/* Connections that send without a pause while every fourth packet is lost: it shows in the counters. */
static void lose_of_many(double seconds)
{
	int fds[SENDERS];
	for (int i = 0; i < SENDERS; i++)
		fds[i] = lab_connect(families[i % 2]);
	lab_lose(&(struct lab_loss){.port = LAB_PORT, .with_data = true, .every = 4, .times = ~0U, .secretly = true});
	for (uint64_t end = clock_now(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9); clock_now(CLOCK_MONOTONIC) < end;) {
		for (int i = 0; i < SENDERS; i++)
			lab_send(fds[i], SEGMENT);
		fault_sleep(0.005);
	}
	lab_lose(&(struct lab_loss){.every = 1});
	close_all(fds, SENDERS);
	/* The limit of events per second lets the next ones through. */
	fault_sleep(1.1);
}

/* The third packet of the handshake is lost: the peer sends its part of it again, after a second. */
static void lose_handshake(void)
{
	int fds[ARRAY_SIZE(families)];
	lab_lose(&(struct lab_loss){.port = LAB_PORT, .with_data = false, .every = 1, .times = 1, .secretly = true});
	send_to_peer(0, fds);
	lab_await(1);
	lab_say_lost("_synack");
	fault_sleep(1.5);
	close_all(fds, ARRAY_SIZE(fds));
}

/* Of several segments the first: the acknowledgements of the others tell. Of one all that is sent for it: the probe goes
 * first, then the timer. */
int fault_tcp_retrans(const struct fault_args *a)
{
	if (lab_open() < 0)
		return 1;
	fault_say("segment", "%d", SEGMENT);
	say_onset();
	lose_of_many(a->seconds);
	lose(/* segments= */ 8, /* times= */ 1, /* secretly= */ true, "_fast", 0.3);
	lose(/* segments= */ 1, /* times= */ 4, /* secretly= */ true, "_timer", 0.3);
	lose_handshake();
	lab_close();
	return 0;
}
