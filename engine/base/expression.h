/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an extended regular expression of a stranger may be compiled. regcomp() copies what is repeated: x{n} n times, x+
 * once more, so that counts multiply and plusses behind plusses double: forty of them ask for more memory than there is.
 * regexec() holds all that may be empty, as a? and a*, against all others: eight thousand take gigabytes. Back references
 * make it try without bound.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define EXPRESSION_MAX 512 /* characters */
#define EXPRESSION_UNFOLDED_MAX 512 /* characters and sets, once what is repeated stands there as often: 40 MiB at most */

/* `expression` without slashes around it. Whether it is well formed is regcomp()'s to say, and safe to ask afterwards. */
bool expression_is_affordable(const char *expression, size_t len);
/* false: it has a ) that closes nothing. By itself that is a character; between ^( and )$ it would end them. */
bool expression_is_closed(const char *expression, size_t len);
