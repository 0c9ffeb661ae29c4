/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/bundle.h"

#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

char *scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = NULL;
	assert_true(asprintf(&dir, "%s/tracetrap-test-XXXXXX", tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st _unused_, int kind _unused_, struct FTW *ftw _unused_)
{
	return remove(path);
}

void scratch_remove(char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

const char *scratch_path(const char *dir, const char *name)
{
	static char paths[16][512];
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_SIZE(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

struct plan sample_plan(const char *id, const char *rule, uint64_t realtime_ns)
{
	static const char *collectors[] = {"profile", "tasks"};
	struct plan p = {
		.severity = "major",
		.summary = "System CPU jumped",
		.labels = "{\"team\": \"kernel\"}",
		.entity = "host",
		.clocks = {.realtime = realtime_ns, .monotonic = 5000000000, .boottime = 6000000000},
		.fired_ns = 5000000000,
		.onset_ns = 4500000000,
		.before_ns = 60 * NS_PER_S,
		.after_ns = 10 * NS_PER_S,
		.collectors = collectors,
		.n_collectors = 2,
		.version = "0.1.0",
		.source = "proc",
	};
	snprintf(p.id, sizeof(p.id), "%s", id);
	snprintf(p.rule, sizeof(p.rule), "%s", rule);
	return p;
}

static void add(struct bundle_writer *w, struct ledger *l, const char *member, const void *data, size_t len)
{
	struct ledger_entry *e = ledger_add(l, member);
	assert_non_null(e);
	assert_int_equal(bundle_add(w, member, data, len, e), 0);
}

/* Members other than the manifest, the bulk by a generator that compresses badly. */
static void add_members(struct bundle_writer *w, struct ledger *l, size_t bulk)
{
	static const char why[] = "{\"rule\": \"cpu-sys-spike\", \"verdict\": true, \"terms\": [{\"source\": \"cpu.sys > 45%\","
				  " \"text\": \"63.1%\", \"threshold\": \"45.0%\", \"verdict\": true, \"depth\": 0}]}\n";
	uint8_t *noise = malloc(bulk + 1);
	uint32_t x = 2463534242;
	for (size_t i = 0; i < bulk; i++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		noise[i] = (uint8_t)(x & 0x3f);
	}
	add(w, l, "why.json", why, sizeof(why) - 1);
	add(w, l, "profile/perf.data", noise, bulk);
	add(w, l, "sysrq/l.txt", "NMI backtrace\n", 14);
	add(w, l, "empty.txt", "", 0);
	free(noise);
	ledger_add(l, "profile/symbols.tsv")->state = MEMBER_PARTIAL;
	struct ledger_entry *e = ledger_add(l, "net/bonding");
	e->state = MEMBER_UNSUPPORTED;
	snprintf(e->reason, sizeof(e->reason), "no bonding here");
}

uint64_t sample_bundle(const char *path, const struct plan *p, size_t bulk)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	_cleanup_buf_ struct buf text = {0};
	_cleanup_(ledger_done) struct ledger l = {.fired_ns = p->fired_ns};
	struct bundle_writer *w;
	assert_true(fd >= 0);
	assert_int_equal(bundle_writer_new(fd, p->id, p->clocks.realtime, &w), 0);
	assert_int_equal(manifest_json(p, &text), 0);
	add(w, &l, "manifest.json", text.data, text.len);
	add_members(w, &l, bulk);
	buf_clear(&text);
	assert_int_equal(ledger_json(&l, &text), 0);
	assert_int_equal(bundle_add(w, "ledger.json", text.data, text.len, NULL), 0);
	assert_int_equal(bundle_finish(w), 0);
	uint64_t bytes = bundle_writer_bytes(w);
	bundle_writer_free(w);
	return bytes;
}

void recording_bundle(const char *path, const struct buf *samples, const char *rule_yaml)
{
	struct bundle_writer *w = NULL;
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(bundle_writer_new(fd, SAMPLE_ID, 1, &w), 0);
	assert_int_equal(bundle_add(w, "manifest.json", "{\"format\": 1}", 13, NULL), 0);
	assert_int_equal(bundle_add(w, "rule.yaml", rule_yaml, strlen(rule_yaml), NULL), 0);
	assert_int_equal(bundle_add(w, "samples.tts", samples->data, samples->len, NULL), 0);
	assert_int_equal(bundle_finish(w), 0);
	bundle_writer_free(w);
}
