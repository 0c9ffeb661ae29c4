/* SPDX-License-Identifier: GPL-2.0-only */
/* The file format's own structures and numbers (tools/perf/Documentation/perf.data-file-format.txt); private to perfdata*.c. */
#pragma once

#include "snapshot/profile/perfdata.h"
#include "snapshot/profile/sample.h"

#define PERFDATA_MAGIC UINT64_C(0x32454c4946524550) /* "PERFILE2" */
#define PERFDATA_SAMPLE_TYPE (SAMPLE_TYPE | PERF_SAMPLE_IDENTIFIER)

enum { PERFDATA_ID_BEFORE = 1, PERFDATA_ID_AFTER = 2, PERFDATA_EVENTS = 2 };

enum perfdata_feature {
	FEATURE_BUILD_ID = 2,
	FEATURE_HOSTNAME = 3,
	FEATURE_OSRELEASE = 4,
	FEATURE_VERSION = 5,
	FEATURE_ARCH = 6,
	FEATURE_NRCPUS = 7,
	FEATURE_CMDLINE = 11,
	FEATURE_EVENT_DESC = 12,
	FEATURE_SAMPLE_TIME = 21,
	FEATURE_CLOCK_DATA = 29,
	FEATURE_MAX_ = 32,
};

struct perfdata_section {
	uint64_t offset, size;
};

struct perfdata_header {
	uint64_t magic, size, attr_size;
	struct perfdata_section attrs, data, event_types;
	uint64_t features[4];
};

struct perfdata_attr {
	struct perf_event_attr attr;
	struct perfdata_section ids;
};

/* sample_id_all: what ends each record that is no sample, for our sample type. */
struct perfdata_trailer {
	uint32_t pid, tid;
	uint64_t t_ns;
	uint32_t cpu, reserved;
	uint64_t id;
};

_Static_assert(sizeof(struct perfdata_header) == 104, "as the format has it");

struct perf_event_attr perfdata_attr_of(unsigned hz);
/* Adds kernel, module, comm and mmap2 records, then the samples. */
int perfdata_add_records(const struct perfdata *d, struct buf *data, uint64_t *ret_samples);
/* The feature's body; false when there is nothing to say. */
bool perfdata_add_feature(const struct perfdata *d, enum perfdata_feature feature, struct buf *body);
