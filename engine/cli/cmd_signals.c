/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/cli/command.h"
#include "engine/cli/options.h"
#include "engine/source/source.h"

#include <json-c/json.h>
#include <poll.h>

/* The latest reading of each series, and whom it is about. */
struct series {
	struct reading reading;
	char entity[ENTITY_NAME_MAX];
};

struct listing {
	const struct source *source;
	const struct entities *entities;
	struct series *series;
	size_t n, cap;
};

static struct series *series_of(struct listing *l, const struct reading *r)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->series[i].reading.signal == r->signal && l->series[i].reading.entity == r->entity)
			return &l->series[i];
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct series *at = realloc(l->series, cap * sizeof(*at));
		if (!at)
			return NULL;
		l->series = at;
		l->cap = cap;
	}
	return &l->series[l->n++];
}

static void remember(void *ctx, const struct input *in)
{
	struct listing *l = ctx;
	if (in->kind != INPUT_TICK)
		return;
	for (size_t i = 0; i < in->tick.n; i++) {
		struct series *s = series_of(l, &in->tick.readings[i]);
		if (!s)
			continue;
		s->reading = in->tick.readings[i];
		snprintf(s->entity, sizeof(s->entity), "%s", entities_get(l->entities, s->reading.entity)->name);
	}
}

static int by_signal_then_entity(const void *a, const void *b)
{
	const struct series *x = a, *y = b;
	int d = (int)x->reading.signal - (int)y->reading.signal;
	return d ? d : strverscmp(x->entity, y->entity);
}

/* One line of the listing; `s` NULL: the signal has no value, `why` says it. */
typedef void (*row_fn)(void *ctx, uint16_t signal, const struct series *s, const struct source_signal *about,
		       const char *why);

static void for_each_row(const struct listing *l, row_fn fn, void *ctx)
{
	size_t at = 0;
	for (uint16_t signal = 0; signal < signal_table_n; signal++) {
		struct source_signal about;
		source_signal(l->source, signal, &about);
		size_t begin = at;
		for (; at < l->n && l->series[at].reading.signal == signal; at++)
			fn(ctx, signal, &l->series[at], &about, l->series[at].reading.unknown ? "could not be read" : "");
		if (at == begin)
			fn(ctx, signal, NULL, &about, about.available ? "nothing of that kind here" : about.reason);
	}
}

static struct json_object *value_of(uint16_t signal, const struct reading *r)
{
	double quanta = unit_quanta(signal_table[signal].unit);
	return quanta > 1 ? json_object_new_double((double)r->value / quanta) : json_object_new_int64(r->value);
}

static void add_json_row(void *ctx, uint16_t signal, const struct series *s, const struct source_signal *about,
			 const char *why)
{
	const struct signal_def *def = &signal_table[signal];
	struct json_object *o = json_object_new_object();
	bool known = s && !s->reading.unknown;
	json_object_object_add(o, "name", json_object_new_string(def->name));
	json_object_object_add(o, "entity", s ? json_object_new_string(s->entity) : NULL);
	json_object_object_add(o, "unit", json_object_new_string(unit_name(def->unit)));
	json_object_object_add(o, "source", about->available ? json_object_new_string(about->from) : NULL);
	json_object_object_add(o, "value", known ? value_of(signal, &s->reading) : NULL);
	json_object_object_add(o, "reason", *why ? json_object_new_string(why) : NULL);
	json_object_array_add(ctx, o);
}

static int print_json(const struct listing *l)
{
	struct json_object *all = json_object_new_array();
	for_each_row(l, add_json_row, all);
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return EXIT_OK;
}

static void print_row(void *ctx _unused_, uint16_t signal, const struct series *s, const struct source_signal *about,
		      const char *why)
{
	_cleanup_buf_ struct buf value = {0}, entity = {0};
	if (s && !s->reading.unknown)
		unit_format(&value, signal_table[signal].unit, (double)s->reading.value);
	text_escape_terminal(&entity, s ? s->entity : "-");
	printf("%-24s %-24s %12s  %-7s %s%s%s\n", signal_table[signal].name, buf_str(&entity),
	       value.len ? buf_str(&value) : "-", unit_name(signal_table[signal].unit), about->from,
	       *why && *about->from ? "; " : "", why);
}

static int print_table(const struct listing *l)
{
	printf("source: %s\n", source_describe(l->source));
	if (source_fallback_reason(l->source))
		printf("not in the kernel: %s\n", source_fallback_reason(l->source));
	printf("\n%-24s %-24s %12s  %-7s %s\n", "SIGNAL", "ENTITY", "VALUE", "UNIT", "SOURCE");
	for_each_row(l, print_row, NULL);
	return EXIT_OK;
}

/* Rates are over a second; the helper's answers come a little later than the question. */
static void take_twice(struct source *source, struct listing *l)
{
	static const int pauses_ms[] = {100, 1000, 100, 0};
	for (size_t i = 0; i < ARRAY_SIZE(pauses_ms); i++) {
		source_take_now(source, remember, l);
		poll(NULL, 0, pauses_ms[i]);
	}
}

static int list(const struct source_options *options, bool json)
{
	struct source *source = NULL;
	int r = source_open(options, &source);
	if (r < 0) {
		log_error_errno(r, "cannot read the signals below '%s'", options->proc_root);
		return EXIT_FOUND;
	}
	struct listing l = {.source = source, .entities = options->entities};
	take_twice(source, &l);
	qsort(l.series, l.n, sizeof(*l.series), by_signal_then_entity);
	r = json ? print_json(&l) : print_table(&l);
	free(l.series);
	source_close(source);
	return r;
}

int cmd_signals(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{"proc-root", required_argument, NULL, 'p'},
		{"sys-root", required_argument, NULL, 's'},
		{0},
	};
	struct source_options options = {.proc_root = "/proc", .sys_root = "/sys"};
	bool json = false;
	if (command_wants_help("signals", argc, argv))
		return EXIT_OK;
	for (int c; (c = options_next(argc, argv, "", long_options)) != -1;) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'p':
			options.proc_root = optarg;
			break;
		case 's':
			options.sys_root = optarg;
			break;
		default:
			return options_wrong("signals", long_options, argv);
		}
	}
	if (optind < argc)
		return command_usage("signals", "unexpected argument '%s'", argv[optind]);
	options.entities = entities_new(ENTITY_DEFAULT_MAX);
	if (!options.entities)
		return EXIT_FOUND;
	int r = list(&options, json);
	entities_free(options.entities);
	return r;
}
