/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hardware said, in words: the severity, the message and, where the kernel named none, the device of a record of the
 * `ras` detector, out of the registers and section fields that it carries (Intel SDM vol. 3 ch. 16, AMD APM vol. 2 ch. 9,
 * PCIe 7.8.4, UEFI annex N). Pure; asks no hardware and no kernel, so it reads the records of any machine.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

/* `page_type`: what the kernel calls error_type of a memory failure ("dirty lru"), NULL: unknown. A severity, device or
 * message that is there already stays. */
void ras_decode(struct event_ras *e, const char *page_type);

/* The compound error code of MCi_STATUS, as "L2 data cache read error". */
void ras_mce_words(uint16_t code, char *ret, size_t size);
