/* SPDX-License-Identifier: GPL-2.0-only */
/* `tracetrap status --near SPAN`: what the rules nearly fired on, from the history on disk; no daemon is asked. */
#pragma once

#include "engine/settings.h"

/* By the rules that `tracetrap run` with these flags would take. The exit status: 1 when nothing came near. */
int status_near(const char *span, const struct settings_flags *flags, bool json);
