/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The made-up day of day.h for peers, so that they may be measured on equal series and equal rules:
 *
 *     bench_peers rules tracetrap|prometheus|pmie     the rules, to stdout
 *     bench_peers promtool SECONDS                    the first SECONDS as input of `promtool test rules`, to stdout
 *     bench_peers pcp SECONDS ARCHIVE                 the same as a PCP archive, by libpcp_import
 */
#include <dlfcn.h>

#include "tests/bench/day.h"

static struct day day;

static int write_rules(char *argv[])
{
	static const char *const languages[] = {"tracetrap", "prometheus", "pmie"};
	_cleanup_buf_ struct buf out = {0};
	for (unsigned i = 0; i < ARRAY_SIZE(languages); i++)
		if (streq(argv[0], languages[i]))
			day_rules(&day, (enum day_language)i, &out);
	return fputs(buf_str(&out), stdout) < 0 || out.len == 0 ? -EINVAL : 0;
}

static void print_series(size_t series, const int64_t *values, unsigned seconds)
{
	_cleanup_buf_ struct buf name = {0};
	day_name(DAY_PROMETHEUS, day_entity(&day, series)->kind, day_signal(&day, series)->name, &name);
	printf("  - series: '%s{entity=\"%s\"}'\n    values: '", buf_str(&name), day_entity(&day, series)->name);
	for (unsigned t = 0; t < seconds; t++)
		printf("%lld ", (long long)values[t * day.n + series]);
	puts("'");
}

static int write_promtool(char *argv[])
{
	unsigned seconds = (unsigned)strtoul(argv[0], NULL, 10);
	_cleanup_free_ int64_t *values = calloc((size_t)seconds * day.n + 1, sizeof(*values));
	for (unsigned t = 0; values && t < seconds; t++) {
		day_second(&day);
		for (size_t i = 0; i < day.n; i++)
			values[t * day.n + i] = day.readings[i].value;
	}
	puts("rule_files: [rules.yaml]\nevaluation_interval: 1s\ntests:\n- interval: 1s\n  input_series:");
	for (size_t i = 0; values && i < day.n; i++)
		print_series(i, values, seconds);
	return values ? 0 : -ENOMEM;
}

/* What we need of pcp/import.h. It is looked up when asked for, so that the build does not need PCP. */
#define PCP_DOMAIN 245 /* of pmimport's own metrics */
#define PCP_TYPE_64 2
#define PCP_SEM_INSTANT 3
#define PCP_NO_INSTANCES (~0U)

struct pcp_units {
	uint32_t bits; /* 0: a plain number */
};

static struct {
	int (*pmiStart)(const char *archive, int inherit);
	unsigned (*pmiID)(int domain, int cluster, int item);
	unsigned (*pmiInDom)(int domain, int serial);
	int (*pmiAddMetric)(const char *name, unsigned id, int type, unsigned instances, int semantics, struct pcp_units units);
	int (*pmiAddInstance)(unsigned instances, const char *name, int id);
	int (*pmiGetHandle)(const char *metric, const char *instance);
	int (*pmiPutValueHandle)(int handle, const char *value);
	int (*pmiWrite)(int seconds, int microseconds);
	int (*pmiEnd)(void);
} pcp;

static bool find_pcp(void)
{
#define FIND(f) (pcp.f = (typeof(pcp.f))dlsym(library, #f))
	void *library = dlopen("libpcp_import.so.1", RTLD_NOW);
	bool found = library && FIND(pmiStart) && FIND(pmiID) && FIND(pmiInDom) && FIND(pmiAddMetric) && FIND(pmiAddInstance) &&
		     FIND(pmiGetHandle) && FIND(pmiPutValueHandle) && FIND(pmiWrite) && FIND(pmiEnd);
#undef FIND
	if (!found)
		fprintf(stderr, "%s\n", dlerror());
	return found;
}

/* The series' handle; its metric and its instance may have been added with another one. */
static int add_series(size_t series)
{
	const struct entity *e = day_entity(&day, series);
	const struct reading *r = &day.readings[series];
	bool host = e->kind == ENTITY_KIND_HOST;
	unsigned instances = host ? PCP_NO_INSTANCES : pcp.pmiInDom(PCP_DOMAIN, (int)e->kind);
	_cleanup_buf_ struct buf name = {0};
	day_name(DAY_PMIE, e->kind, day_signal(&day, series)->name, &name);
	pcp.pmiAddMetric(buf_str(&name), pcp.pmiID(PCP_DOMAIN, (int)e->kind, r->signal), PCP_TYPE_64, instances, PCP_SEM_INSTANT,
			 (struct pcp_units){0});
	if (!host)
		pcp.pmiAddInstance(instances, e->name, r->entity);
	return pcp.pmiGetHandle(buf_str(&name), host ? NULL : e->name);
}

static int write_second(const int *handles)
{
	char text[24];
	int r = 0;
	day_second(&day);
	for (size_t i = 0; r >= 0 && i < day.n; i++) {
		snprintf(text, sizeof(text), "%lld", (long long)day.readings[i].value);
		r = pcp.pmiPutValueHandle(handles[i], text);
	}
	return r < 0 ? r : pcp.pmiWrite((int)(DAY_BEGIN_S + day.t), 0);
}

static int write_pcp(char *argv[])
{
	unsigned seconds = (unsigned)strtoul(argv[0], NULL, 10);
	int handles[DAY_SERIES_MAX], r = find_pcp() ? pcp.pmiStart(argv[1], 0) : -ENOENT;
	for (size_t i = 0; r >= 0 && i < day.n; i++)
		r = handles[i] = add_series(i);
	for (unsigned t = 0; r >= 0 && t < seconds; t++)
		r = write_second(handles);
	return r < 0 ? r : pcp.pmiEnd();
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *word;
		int arguments;
		int (*write)(char *argv[]);
	} outputs[] = {{"pcp", 2, write_pcp}, {"promtool", 1, write_promtool}, {"rules", 1, write_rules}};
	int r = day_init(&day);
	const char *word = argc > 1 ? argv[1] : "";
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(outputs); i++)
		if (streq(word, outputs[i].word) && argc == 2 + outputs[i].arguments) {
			r = outputs[i].write(argv + 2);
			day_done(&day);
			if (r < 0)
				fprintf(stderr, "%s: error %d\n", word, r);
			return r < 0;
		}
	fprintf(stderr, "usage: %s rules LANGUAGE | promtool SECONDS | pcp SECONDS ARCHIVE\n", argv[0]);
	return 2;
}
