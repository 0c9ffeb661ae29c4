/* SPDX-License-Identifier: GPL-2.0-only */
/* What a system call's number means, on this machine. */
#pragma once

#include "engine/base/util.h"

/* "fsync", "read (32 bit)" of a compat call, "number 999" when nobody knows it. */
void syscall_name(uint32_t nr, bool compat, char *ret_name, size_t size);
