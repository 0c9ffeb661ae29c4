/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/loading.h"

void loading_init(struct loading *l, const struct load_options *o, struct diagnostics *d, struct arena *arena,
		  void (*take)(struct files *f, const struct node *root))
{
	*l = (struct loading){
		.checker = {.vocabulary = o->vocabulary,
			    .caps = o->caps ? o->caps : &load_caps_default,
			    .diagnostics = d,
			    .arena = arena,
			    .overrides = &l->overrides,
			    .store_bytes = o->store_bytes},
		.tail = &l->first,
		.errors_before = diagnostics_count(d, DIAGNOSTIC_ERROR),
	};
	l->files = (struct files){.caps = l->checker.caps, .arena = arena, .diagnostics = d, .stamps = o->stamps, .take = take};
}

int loading_read(struct loading *l, const struct load_options *o, const char *name, const char *text, size_t len)
{
	int r = text ? files_load_text(&l->files, name, text, len) : 0;
	for (size_t i = 0; !text && r == 0 && i < o->n_paths; i++)
		r = files_load(&l->files, o->paths[i]);
	return r;
}

bool loading_refused(const struct loading *l)
{
	return diagnostics_count(l->checker.diagnostics, DIAGNOSTIC_ERROR) > l->errors_before;
}
