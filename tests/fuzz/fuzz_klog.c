/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of patterns, a line of three dashes, and records of /dev/kmsg held against it. */
#include "engine/detect/klog_gather.h"
#include "tests/fuzz/mistakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *ctx _unused_, const struct event_klog *record)
{
	if (record->h.size < sizeof(*record) || record->h.size > sizeof(*record) + KLOG_TAIL_MAX ||
	    memchr(record->device, 0, sizeof(record->device)) == NULL || record->lines > KLOG_LINES_MAX + 1)
		abort();
}

static void feed(const struct klog_patterns *patterns, const char *log, const char *end)
{
	struct klog_gather *g = calloc(1, sizeof(*g));
	uint64_t now = 1;
	for (const char *next; g && log < end; log = next, now += KLOG_QUIET_NS / 3) {
		const char *newline = memchr(log, '\n', (size_t)(end - log));
		struct kmsg_record r;
		next = newline ? newline + 1 : end;
		g->patterns = patterns;
		if (kmsg_parse(log, (size_t)(next - log), &r))
			klog_gather_line(g, &r, now, check, NULL);
		klog_gather_settle(g, now, check, NULL);
	}
	free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	struct diagnostics *d = diagnostics_new();
	struct klog_patterns *patterns = NULL;
	if (!text || !d)
		return 0;
	copy_bytes(text, data, size);
	text[size] = '\0';
	const char *dashes = strstr(text, "\n---\n");
	size_t len = dashes ? (size_t)(dashes - text) + 1 : size;
	int r = klog_patterns_load_text("fuzz.yaml", text, len, d, &patterns);
	if (r == 0 && dashes)
		feed(patterns, dashes + 5, text + size);
	klog_patterns_free(patterns);
	mistakes_done(d, r == -EINVAL);
	return 0;
}
