/* SPDX-License-Identifier: GPL-2.0-only */
/* A process's arguments as they lie in its memory, a NUL after each, made one line: the tail of struct event_exec. */
#pragma once

#include "engine/base/util.h"

/* Puts a blank between them and leaves out what is empty at the end; the new length, no NUL behind it. */
uint32_t exec_join_args(char *args, uint32_t len);
