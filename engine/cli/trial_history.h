/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rule test over a slice of the history on disk. What lies before it in the same run of the daemon fills the windows, as far
 * as the rules look back. Within the slice the daemon may not have been restarted: time goes on there in another way, and
 * what a test says about times would mean nothing.
 */
#pragma once

#include "rules/trial/trial.h"

/* As trial_input_run(). */
int trial_history_run(const struct trial_options *options, struct trial_result *ret, char *ret_error, size_t size);
