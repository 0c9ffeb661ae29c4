/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two network namespaces and a cable between them, for faults of TCP: we and the peer, each with an IPv4 and an IPv6 address.
 * The peer listens, reads and throws away; what of ours it shall never receive is lost at its end of the cable.
 *
 *     we  10.77.0.1, fd77::1  fault-we ──── fault-peer  10.77.0.2, fd77::2  the peer
 */
#pragma once

#include "tests/fault/fault.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define LAB_DEVICE	"fault-peer" /* where packets are lost */
#define LAB_PORT	7701	     /* the peer reads what comes */
#define LAB_DEAF_PORT	7702	     /* ours, where nobody accepts */
#define LAB_DEAF_QUEUE	1	     /* its backlog */

/* What is lost next; see lose.bpf.c. */
struct lab_loss {
	unsigned port;
	bool with_data;
	unsigned every, times; /* of each family */
	bool secretly; /* without the kernel's calling it a drop */
};

int lab_open(void); /* -errno */
void lab_lose(const struct lab_loss *loss);

/* Waits until that many were lost of each family, 5 s at most. */
void lab_await(unsigned times);

/* Says what the last lost packet of each family was: saddrSUFFIX4=, daddr, sport, dport, seq, ack_seq, pkt_len, tcp_flags,
 * lost_ns; and the same with 6. */
void lab_say_lost(const char *suffix);

/* A connection of ours to the peer's port; `family` AF_INET or AF_INET6. -errno. */
int lab_connect(int family);

/* One of the peer's to the port where nobody accepts: its first packet is sent. */
int lab_knock(int family);

/* The inode of the peer's network namespace, where LAB_DEVICE is. */
unsigned long lab_peer_netns(void);

/* One segment of that many bytes. */
void lab_send(int fd, size_t bytes);

void lab_close(void);
