/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/perfdata_layout.h"

#include <perf/event.h>
#include <sys/mman.h>

#define TEXT_MAX 4096 /* of a path; longer ones are cut */

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static void add_zeros(struct buf *data, size_t n)
{
	static const char zeros[64];
	buf_add(data, zeros, MIN(n, sizeof(zeros)));
}

/* A record that we make up: fixed part (its header included), text padded to 8, trailer. */
static void add_record(struct buf *data, void *fixed, size_t fixed_len, const char *text,
		       struct perfdata_trailer trailer)
{
	struct perf_event_header *h = fixed;
	size_t len = strnlen(text, TEXT_MAX - 1), room = padded(len + 1);
	h->size = (uint16_t)(fixed_len + room + sizeof(trailer));
	trailer.id = PERFDATA_ID_BEFORE;
	buf_add(data, fixed, fixed_len);
	buf_add(data, text, len);
	add_zeros(data, room - len);
	buf_add(data, &trailer, sizeof(trailer));
}

/* Without it perf takes all kernel addresses for restricted. The part behind ']' names the symbol at `addr`. */
static void add_kernel_map(struct buf *data, uint64_t addr, uint64_t end, const char *name)
{
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t start, len, pgoff;
	} e = {
		.header = {.type = PERF_RECORD_MMAP, .misc = PERF_RECORD_MISC_KERNEL},
		.pid = UINT32_MAX,
		.start = addr,
		.len = end - addr,
		.pgoff = name[0] == '[' && strstr(name, "kernel.kallsyms") ? addr : 0,
	};
	add_record(data, &e, sizeof(e), name, (struct perfdata_trailer){.pid = UINT32_MAX});
}

/* The span of one module's functions; the table lists a module's functions together, in order of address. */
static size_t add_module_map(struct buf *data, const struct kallsyms *k, size_t i)
{
	struct ksym first, last;
	char name[80];
	kallsyms_get(k, i, &first);
	for (last = first; ++i < kallsyms_count(k);) {
		struct ksym next;
		kallsyms_get(k, i, &next);
		if (!streq(next.module, first.module))
			break;
		last = next;
	}
	if (*first.module && !streq(first.module, "bpf")) {
		snprintf(name, sizeof(name), "[%s]", first.module);
		add_kernel_map(data, first.addr & ~UINT64_C(4095), last.addr + last.size, name);
	}
	return i;
}

static void add_kernel_maps(const struct perfdata *d, struct buf *data)
{
	const struct kallsyms *k = symbols_kallsyms(d->profile->symbols);
	uint64_t begin, end;
	if (!k)
		return;
	kallsyms_text(k, &begin, &end);
	if (end)
		add_kernel_map(data, begin, end, "[kernel.kallsyms]_stext");
	for (size_t i = 0; i < kallsyms_count(k);)
		i = add_module_map(data, k, i);
}

/* Of all the forks in the ring only those that were sampled matter. */
static void add_comms(const struct perfdata *d, struct buf *data)
{
	struct names *names = &d->profile->names;
	for (size_t i = 0; i < names->n; i++) {
		const struct task_name *row = &names->rows[i];
		const char *comm = row->parent ? names_find(names, row->tid, row->t_ns) : row->comm;
		struct {
			struct perf_event_header header;
			uint32_t pid, tid;
		} e = {.header = {.type = PERF_RECORD_COMM}, .pid = row->pid, .tid = row->tid};
		if (comm && profile_has_seen(d->profile, row->pid))
			add_record(data, &e, sizeof(e), comm,
				   (struct perfdata_trailer){.pid = row->pid, .tid = row->tid, .t_ns = row->t_ns});
	}
}

struct mappings {
	const struct profile *profile;
	struct buf *data;
};

static int add_mapping(void *ctx, uint32_t pid, const struct symbols_mapping *m)
{
	const struct mappings *to = ctx;
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t start, len, pgoff;
		uint32_t major, minor;
		uint64_t inode, generation;
		uint32_t prot, flags;
	} e = {
		.header = {.type = PERF_RECORD_MMAP2, .misc = PERF_RECORD_MISC_USER},
		.pid = pid,
		.tid = pid,
		.start = m->start,
		.len = m->end - m->start,
		.pgoff = m->pgoff,
		.major = m->major,
		.minor = m->minor,
		.inode = m->inode,
		.prot = m->prot,
		.flags = m->flags,
	};
	if (profile_has_seen(to->profile, pid))
		add_record(to->data, &e, sizeof(e), m->path,
			   (struct perfdata_trailer){.pid = pid, .tid = pid, .t_ns = m->t_ns});
	return 0;
}

/* The kernel wrote them without an identifier (the rings hold one event each): it goes in front. */
static uint64_t add_samples(const struct records *samples, uint64_t id, struct buf *data)
{
	const struct perf_event_header *h;
	uint64_t n = 0;
	for (size_t at = 0; (h = records_next(samples, &at));) {
		struct perf_event_header longer = *h;
		struct sample s;
		if (!sample_decode(h, &s) || h->size > UINT16_MAX - sizeof(id))
			continue;
		longer.size += (uint16_t)sizeof(id);
		buf_add(data, &longer, sizeof(longer));
		buf_add(data, &id, sizeof(id));
		buf_add(data, h + 1, h->size - sizeof(*h));
		n++;
	}
	return n;
}

int perfdata_add_records(const struct perfdata *d, struct buf *data, uint64_t *ret_samples)
{
	add_kernel_maps(d, data);
	add_comms(d, data);
	int r = symbols_each_mapping(d->profile->symbols, add_mapping, &(struct mappings){d->profile, data});
	if (r < 0)
		return r;
	uint64_t n = add_samples(&d->profile->before, PERFDATA_ID_BEFORE, data);
	n += add_samples(&d->profile->after, PERFDATA_ID_AFTER, data);
	if (data->failed)
		return -ENOMEM;
	*ret_samples = n;
	return 0;
}
