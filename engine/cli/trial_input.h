/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule test over a recording, decided as replay does it: a bundle's samples.tts, such a log alone, or history
 * (trial_history.h). */
#pragma once

#include "rules/trial/trial.h"

/* 0, or a negative errno with the sentence in ret_error. */
int trial_input_run(const struct trial_options *options, struct trial_result *ret, char *ret_error, size_t size);
