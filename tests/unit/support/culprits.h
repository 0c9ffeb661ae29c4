/* SPDX-License-Identifier: GPL-2.0-only */
/* A bundle in the making, of which culprits() asks the view whom it blames; the test puts evidence and plan into it. */
#pragma once

#include "engine/vocabulary.h"
#include "snapshot/bundle/json.h"
#include "snapshot/view/view.h"
#include "tests/unit/support/taken.h"

/* `signal`: what the rule watches; NULL when it is an event. */
static inline void rig_init(struct taken *t, const char *signal)
{
	static const char *one_signal[1];
	taken_init(t);
	t->vocabulary = vocabulary(); /* whom events blame stands there */
	one_signal[0] = signal;
	t->plan.signals = one_signal;
	t->plan.n_signals = signal ? 1 : 0;
}

/* The culprits; the caller puts them. */
static inline struct json_object *culprits(struct taken *t)
{
	taken_run(t, &view_table[0]);
	const char *text = taken_text(t, "culprits.json");
	struct json_object *o = json_read(text, strlen(text));
	assert_non_null(o);
	return o;
}

static inline const char *text_of(struct json_object *all, size_t i, const char *key)
{
	struct json_object *list = json_member(all, "culprits");
	assert_true(json_length(list) > i);
	return json_object_get_string(json_member(json_object_array_get_idx(list, i), key));
}
