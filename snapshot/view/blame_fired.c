/* SPDX-License-Identifier: GPL-2.0-only */
/* The event that fired names its own culprits, in the sentences that its detector's definition has for them. */
#include "snapshot/view/blame.h"
#include "snapshot/view/event_words.h"

/* The innermost function of an event's stack that `skip` does not pass over. */
static void function_of(const struct json_object *e, bool (*skip)(const char *), char *ret, size_t size)
{
	struct json_object *stack = json_member(e, "stack");
	for (size_t i = 0; i < json_length(stack); i++) {
		const char *frame = json_object_get_string(json_object_array_get_idx(stack, i));
		snprintf(ret, size, "%s", frame ? frame : "");
		ret[strcspn(ret, "+")] = '\0';
		if (*ret && !skip(ret))
			return;
	}
	*ret = '\0';
}

struct teller {
	const struct json_object *event;
	const struct detector_def *detector;
	const struct vocabulary *vocabulary;
};

/* What stands for {key}; false when that is 0 or empty. */
static bool tell_value(const struct teller *t, const char *key, struct buf *out)
{
	char function[128];
	if (streq(key, "function") || streq(key, "wchan")) {
		function_of(t->event, *key == 'w' ? wait_is_generic : event_frame_is_ours, function, sizeof(function));
		buf_add_str(out, function);
		return *function;
	}
	struct json_object *value = json_member(t->event, key);
	return event_value_words(t->vocabulary, t->detector, key, value, out);
}

static bool has_value(const struct teller *t, const char *key)
{
	_cleanup_buf_ struct buf text = {0};
	return tell_value(t, key, &text);
}

/* One stretch of a sentence, up to `end`; false when a field in it has nothing to tell. */
static bool tell_stretch(const struct teller *t, const char *at, const char *end, struct buf *out)
{
	char key[32];
	bool all = true;
	for (; at < end; at++) {
		const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
		if (!close) {
			buf_add_char(out, *at);
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)(close - at - 1), at + 1);
		all &= tell_value(t, key, out);
		at = close;
	}
	return all;
}

static void tell(const struct teller *t, const char *sentence, struct buf *out)
{
	const char *end = sentence + strlen(sentence);
	while (sentence < end) {
		const char *open = strchrnul(sentence, '['), *close = strchrnul(open, ']');
		tell_stretch(t, sentence, open, out);
		_cleanup_buf_ struct buf part = {0};
		if (*close && tell_stretch(t, open + 1, close, &part))
			buf_add_str(out, buf_str(&part));
		sentence = *close ? close + 1 : end;
	}
}

/* False: the event does not know whom. */
static bool blame(struct inquiry *q, const struct teller *t, const struct event_blame *b)
{
	_cleanup_buf_ struct buf name = {0}, sentence = {0};
	if ((b->only_if && !has_value(t, b->only_if)) || !tell_value(t, b->name, &name))
		return false;
	uint32_t pid = b->pid ? (uint32_t)json_number(t->event, b->pid) : 0;
	tell(t, b->sentence, &sentence);
	suspects_add(q->suspects, &(struct charge){b->kind, buf_str(&name), pid, 0, 1, b->standing}, "%s (events.jsonl)",
		     buf_str(&sentence));
	return true;
}

/* Of every event that is some task's doing: where that task lives. */
static const struct event_blame context_blames[] = {
	{"pod", "pod", NULL, 0.6, "[in namespace {namespace}, ]class {qos}: it happened in this pod", NULL},
	{"container", "container", NULL, 0.55, "[{runtime}: ]it happened in this container[ of pod {pod}]", NULL},
};

void blame_fired(struct inquiry *q)
{
	struct teller t = {.event = q->event, .vocabulary = collect_vocabulary(q->collect)};
	char kind[32];
	int detector = json_text(q->event, "kind", kind, sizeof(kind)) ? vocabulary_detector(t.vocabulary, kind) : -1;
	bool of_a_task = false, known = false;
	if (detector < 0)
		return;
	t.detector = &t.vocabulary->detectors[detector];
	for (size_t i = 0; i < t.detector->n_blames; i++) {
		bool told = blame(q, &t, &t.detector->blames[i]), task = streq(t.detector->blames[i].kind, "task");
		q->culprit_unknown |= i == 0 && !told;
		of_a_task |= task;
		known |= task && told;
	}
	q->task_unknown = of_a_task && !known;
	/* The header's task of others is whoever happened to run. */
	for (size_t i = 0; of_a_task && i < ARRAY_SIZE(context_blames); i++)
		blame(q, &t, &context_blames[i]);
}
