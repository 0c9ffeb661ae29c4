/* SPDX-License-Identifier: GPL-2.0-only */
/* Perf records from a ring whose writer went mad: through names and maps to stacks and perf.data. */
#include "snapshot/profile/perfdata.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>

/* The records lie one after another, each as long as its header says. */
static void add_records(struct profile *p, const uint8_t *data, size_t size)
{
	while (size) {
		struct perf_event_header h = {0};
		copy_bytes(&h, data, MIN(size, sizeof(h)));
		struct records *to = h.type != PERF_RECORD_SAMPLE ? &p->maps : h.misc & 1 ? &p->before : &p->after;
		records_add(to, data, size);
		size_t step = CLAMP((size_t)h.size, (size_t)8, size);
		data += step;
		size -= MIN(step, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int nowhere = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct profile p;
	struct profile_counts counts;
	uint64_t samples;
	if (profile_init(&p, nowhere, (uint32_t[]){1}, 1) < 0)
		return 0;
	add_records(&p, data, size);
	profile_learn(&p);
	profile_resolve(&p, /* deadline_ns= */ 0);
	struct fold *fold = fold_new();
	FILE *to = fopen("/dev/null", "w");
	if (fold && to && profile_fold(&p, &p.after, 0, UINT64_MAX, fold, &counts) == 0) {
		fold_write(fold, to);
		perfdata_write(to, &(struct perfdata){.profile = &p, .hostname = "h"}, &samples);
	}
	if (to)
		fclose(to);
	fold_free(fold);
	profile_done(&p);
	return 0;
}
