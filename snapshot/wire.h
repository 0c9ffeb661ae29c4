/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages with descriptors over SOCK_SEQPACKET: between the engine and a worker, and between a worker and the children
 * that run its collectors. All ends are the same binary, so a message is a plain struct.
 */
#pragma once

#include "snapshot/plan.h"

#define WIRE_FDS_MAX (CAPTURE_FD_MAX_ + 1)

/* Engine → worker. The text (plan or join) may be larger than a packet: it comes as a memory file, the first descriptor;
 * a start carries the capture's descriptors after it, in order, the absent ones left out. */
enum wire_kind { WIRE_START = 1, WIRE_JOIN = 2, WIRE_TRUTH = 3, WIRE_END = 4 };

/* From the first to the last reading where the opening rule's `when` was true. */
struct truth_span {
	uint64_t first_ns, last_ns;
};

struct wire_request {
	uint32_t kind;
	uint32_t absent; /* bit per enum capture_fd */
	struct truth_span truth; /* of WIRE_TRUTH, which comes without descriptors */
};

/* A connected pair, CLOEXEC. */
int wire_pair(int ret_ends[2]);
/* Waits for room unless MSG_DONTWAIT is in flags. 0 or -errno (-EPIPE: nobody reads). */
int wire_send(int socket, const void *data, size_t len, const int *fds, size_t n_fds, int flags);
/* One message of exactly `size` bytes. 0; -EPIPE at the end; -EBADMSG for another size (its descriptors are closed);
 * -errno. `fds` has room for WIRE_FDS_MAX; they are the caller's and CLOEXEC. */
int wire_receive(int socket, void *data, size_t size, int *ret_fds, size_t *ret_n_fds, int flags);
/* The same of up to `size` bytes. */
int wire_receive_some(int socket, void *data, size_t size, size_t *ret_len, int *ret_fds, size_t *ret_n_fds, int flags);

/* Text in a memory file, and back: mapped read-only, to be unmapped by the caller. */
int wire_text(const char *name, const char *text);
int wire_map(int fd, const void **ret_data, size_t *ret_len);

/* Sends capture descriptors behind `first`, and takes them apart again: absent ones become -1. */
int wire_send_capture(int socket, const void *data, size_t len, int first, const int fds[CAPTURE_FD_MAX_], int flags);
uint32_t wire_absent(const int fds[CAPTURE_FD_MAX_]);
int wire_spread(uint32_t absent, const int *received, size_t n, int ret_fds[CAPTURE_FD_MAX_]);
