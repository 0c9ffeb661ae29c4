/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/notation.h"

#include "engine/base/text.h"
#include "rules/check/units.h"

#include <math.h>

#define BLANKS	      " \t\r\n"
#define WORD_MAX      64
#define MISTAKES_TOLD 16
#define QUANTA_MAX    0x1p62

const char *notation_amount(const char *text, enum unit unit, double *ret, char *sentence, size_t size)
{
	struct quantity q;
	size_t len, sign = text[0] == '-';
	enum quantity_result r = quantity_scan(text + sign, &q, &len);
	if (r != QUANTITY_OK)
		return quantity_complaint(r, text + sign, strlen(text + sign), sentence, size);
	double quanta = q.unit == unit ? q.value : q.value * unit_quanta(unit);
	if (text[sign + len])
		snprintf(sentence, size, "'%s' is not a number", text);
	else if (q.unit != unit && q.unit != UNIT_NUMBER)
		snprintf(sentence, size, "'%s' is %s, and this is %s", text, unit_describe(q.unit), unit_describe(unit));
	else if (quanta >= QUANTA_MAX)
		snprintf(sentence, size, "'%s' is more than a reading can hold", text);
	else {
		*ret = sign ? -quanta : quanta;
		return NULL;
	}
	return sentence;
}

struct notation {
	const struct node *scalar;
	enum unit unit;
	struct diagnostics *diagnostics;
	char word[WORD_MAX];
	size_t at, end; /* of the word */
	size_t mistakes, untold_at; /* at: of the first that is not told */
};

/* Finding the place of a word takes as long as the series is up to there: nobody reads the thousandth of its mistakes. */
static bool complain(struct notation *p, size_t offset, const char *code, const char *sentence)
{
	if (p->mistakes++ < MISTAKES_TOLD)
		diagnostics_add(p->diagnostics, DIAGNOSTIC_ERROR, node_place(p->scalar, p->at + offset), code, "%s", sentence);
	else if (p->mistakes == MISTAKES_TOLD + 1)
		p->untold_at = p->at;
	return false;
}

static void tell_the_rest(const struct notation *p)
{
	if (p->mistakes > MISTAKES_TOLD)
		diagnostics_add(p->diagnostics, DIAGNOSTIC_ERROR, node_place(p->scalar, p->untold_at), "bad-series",
				"from here on %zu more readings of this series are wrong", p->mistakes - MISTAKES_TOLD);
}

/* Cuts a closing x30 off; *ret_times stays 0 where there is none. */
static bool cut_times(struct notation *p, uint64_t *ret_times)
{
	char *x = strrchr(p->word, 'x');
	if (x && !x[1])
		return complain(p, (size_t)(x - p->word), "bad-series", "x says how often, as in 10x30");
	if (!x || strspn(x + 1, "0123456789") != strlen(x + 1))
		return true;
	if (!text_u64(x + 1, ret_times) || *ret_times == 0 || *ret_times >= NOTATION_VALUES_MAX)
		return complain(p, (size_t)(x + 1 - p->word), "out-of-range",
				"a value is repeated at least once and less than 1000000 times");
	*x = '\0';
	return true;
}

static bool read_amount(struct notation *p, const char *text, double *ret)
{
	char sentence[256];
	const char *wrong = notation_amount(text, p->unit, ret, sentence, sizeof(sentence));
	return !wrong || complain(p, (size_t)(text - p->word), "bad-series", wrong);
}

/* Between the sign and the x. */
static bool read_step(struct notation *p, size_t sign, char how, double *ret)
{
	char missing[64];
	const char *step = p->word + sign + 1;
	snprintf(missing, sizeof(missing), "the step is missing after '%c', as in 10%c5x30", how, how);
	if (!*step)
		return complain(p, sign, "bad-series", missing);
	if (strpbrk(step, "+-"))
		return complain(p, sign, "bad-series", "there is one sign and one step, as in 10+5x30 or 10-5x30");
	return read_amount(p, step, ret);
}

/* 10%, 10%+5%: the number and its step. */
static bool read_numbers(struct notation *p, struct value_run *ret)
{
	size_t sign = 1 + strcspn(p->word + 1, "+-");
	char how = p->word[sign];
	p->word[sign] = '\0';
	if (!read_amount(p, p->word, &ret->first))
		return false;
	if (how && !read_step(p, sign, how, &ret->step))
		return false;
	if (how == '-')
		ret->step = -ret->step;
	if (how && ret->n == 1)
		return complain(p, sign, "bad-series", "a step says how often, as in 10+5x30");
	if (fabs(ret->first + ret->step * ret->n) >= QUANTA_MAX)
		return complain(p, 0, "out-of-range", "this series grows beyond what a reading can hold");
	return true;
}

static bool read_word(struct notation *p, struct value_run *ret)
{
	uint64_t times = 0;
	const char *comma = strchr(p->word, ',');
	if (comma)
		return complain(p, (size_t)(comma - p->word), "bad-series", "readings stand apart by blanks, without commas");
	if (!cut_times(p, &times))
		return false;
	*ret = (struct value_run){.kind = READING_NUMBER, .n = (uint32_t)times + 1};
	if (streq(p->word, "_")) {
		*ret = (struct value_run){.kind = READING_MISSING, .n = times ? (uint32_t)times : 1};
		return true;
	}
	if (streq(p->word, "stale")) {
		*ret = (struct value_run){.kind = READING_UNKNOWN, .n = 1};
		return times == 0 || complain(p, 0, "bad-series", "stale stands alone; write it as often as it is meant");
	}
	if (!p->word[0] || !strchr("-0123456789", p->word[0]))
		return complain(p, 0, "bad-series",
				"expected a reading: a number, 10+5x30, 10-5x30, 10x30, _, _x30 or stale");
	return read_numbers(p, ret);
}

/* The next word into p->word; false at the end. One that is too long is none of ours. */
static bool next_word(struct notation *p)
{
	const char *text = p->scalar->text;
	p->at = p->end + strspn(text + p->end, BLANKS);
	size_t len = strcspn(text + p->at, BLANKS);
	p->end = p->at + len;
	snprintf(p->word, sizeof(p->word), "%.*s", (int)len, len < WORD_MAX ? text + p->at : "?");
	return len > 0;
}

static size_t count_words(const struct node *scalar)
{
	struct notation p = {.scalar = scalar};
	size_t n = 0;
	while (next_word(&p))
		n++;
	return n;
}

bool notation_parse(const struct node *scalar, enum unit unit, struct arena *arena, struct diagnostics *d,
		    struct values *ret)
{
	const char *text;
	if (!node_string(scalar, d, &text))
		return false;
	struct notation p = {.scalar = scalar, .unit = unit, .diagnostics = d};
	struct value_run *runs = arena_array(arena, struct value_run, count_words(scalar));
	struct values v = {.runs = runs};
	uint64_t n = 0;
	bool good = runs != NULL;
	while (runs && next_word(&p)) {
		good &= read_word(&p, &runs[v.n_runs]);
		n += good ? runs[v.n_runs++].n : 0;
	}
	if (good && n > NOTATION_VALUES_MAX)
		good = complain(&p, 0, "out-of-range", "a series of more than 1000000 values; a longer interval needs fewer");
	tell_the_rest(&p);
	if (!good)
		return false;
	v.n = (uint32_t)n;
	*ret = v;
	return true;
}

struct value values_next(struct values_cursor *c)
{
	while (c->run < c->values->n_runs && c->at >= c->values->runs[c->run].n) {
		c->run++;
		c->at = 0;
	}
	if (c->run == c->values->n_runs)
		return (struct value){.kind = READING_MISSING};
	const struct value_run *r = &c->values->runs[c->run];
	double quanta = r->first + r->step * c->at++;
	return (struct value){r->kind, r->kind == READING_NUMBER ? llround(quanta) : 0};
}
