/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fuzzer is tests/fuzz/fuzz_NAME.c with this one function; its corpus is tests/data/fuzz/NAME, or what the Makefile's
 * corpus_NAME says. `make fuzz` runs it over the corpus alone (main.c), `make fuzz-live` lets libFuzzer drive it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Takes any bytes; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
