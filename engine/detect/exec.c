/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"
#include "engine/detect/exec.h"

#include "bpf/exec.skel.h"

static int load(struct detector *d)
{
	return detector_load_plain(d, exec, "tp_btf/sched_process_exec");
}

uint32_t exec_join_args(char *args, uint32_t len)
{
	while (len && !args[len - 1])
		len--;
	for (uint32_t i = 0; i < len; i++)
		if (!args[i])
			args[i] = ' ';
	return len;
}

static void finish(struct detector *d _unused_, struct event *record, uint32_t *len, char *entity _unused_)
{
	struct event_exec *e = (struct event_exec *)record;
	*len = sizeof(*e) + exec_join_args((char *)(e + 1), *len - (uint32_t)sizeof(*e));
}

const struct detector_ops exec_ops = {.load = load, .finish = finish};
