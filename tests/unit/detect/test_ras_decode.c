/* SPDX-License-Identifier: GPL-2.0-only */
/* Records made after the documented layouts, not taken from broken hardware: these test the decoder alone. */
#include "engine/detect/ras_decode.h"
#include "tests/unit/support/test.h"

#define VALID	    (1ULL << 63)
#define OVERFLOW    (1ULL << 62)
#define UNCORRECTED (1ULL << 61)
#define CORRUPT	    (1ULL << 57)
#define INTEL	    0
#define AMD	    2

static struct event_ras mce(uint64_t status, uint32_t vendor)
{
	struct event_ras e = {.source = RAS_MCE, .status = status, .error_type = vendor, .bank = 5, .error_cpu = 3};
	ras_decode(&e, NULL);
	return e;
}

static void assert_mce_words(uint16_t code, const char *expected)
{
	char words[64];
	ras_mce_words(code, words, sizeof(words));
	assert_string_equal(words, expected);
}

static void a_compound_code_of_a_machine_check_is_said_in_words(void **state _unused_)
{
	assert_mce_words(0x0000, "no error");
	assert_mce_words(0x0005, "internal parity error");
	assert_mce_words(0x000e, "L2 cache error");
	assert_mce_words(0x0014, "L0 data TLB error");
	assert_mce_words(0x0090, "memory read error, channel 0");
	assert_mce_words(0x009f, "memory read error");
	assert_mce_words(0x00cf, "memory scrubbing error");
	assert_mce_words(0x0135, "L1 data cache data read error");
	assert_mce_words(0x1136, "L2 data cache data read error"); /* filtered */
	assert_mce_words(0x0151, "L1 instruction cache instruction fetch error");
	assert_mce_words(0x0400, "internal timer error");
	assert_mce_words(0x0402, "internal error 0x402");
	assert_mce_words(0x0e0b, "bus generic error by anyone");
	assert_mce_words(0x0f0b, "bus generic error by anyone, timed out");
	assert_mce_words(0x0208, "error code 0x208");
}

static void a_machine_check_names_cpu_and_bank(void **state _unused_)
{
	struct event_ras e = mce(0x9c0000000000009fULL, AMD);
	assert_string_equal(e.device, "CPU 3 bank 5");
	assert_string_equal(e.message, "memory read error");
	assert_int_equal(e.severity, RAS_CORRECTED);
	assert_int_equal(e.error_count, 1);
}

static void a_machine_check_is_as_bad_as_its_status_bits(void **state _unused_)
{
	assert_int_equal(mce(VALID | 0x9f, INTEL).severity, RAS_CORRECTED);
	assert_int_equal(mce(VALID | UNCORRECTED | 0x9f, INTEL).severity, RAS_RECOVERABLE);
	assert_int_equal(mce(VALID | UNCORRECTED | CORRUPT | 0x9f, INTEL).severity, RAS_FATAL);
	assert_int_equal(mce(0x9f, INTEL).severity, RAS_INFO);
	assert_string_equal(mce(0x9f, INTEL).message, "status not valid");
	assert_string_equal(mce(VALID | OVERFLOW | 0x9f, INTEL).message, "memory read error, others lost");
}

static void bit_44_is_deferred_on_amd_and_a_count_on_intel(void **state _unused_)
{
	assert_int_equal(mce(VALID | 1ULL << 44 | 0x9f, AMD).severity, RAS_RECOVERABLE);
	assert_int_equal(mce(VALID | 1ULL << 44 | 0x9f, AMD).error_count, 1);
	assert_int_equal(mce(VALID | 1ULL << 44 | 0x9f, INTEL).severity, RAS_CORRECTED);
	assert_int_equal(mce(VALID | 1ULL << 44 | 0x9f, INTEL).error_count, 64);
}

static void a_dimm_keeps_the_label_and_the_words_that_edac_has(void **state _unused_)
{
	static const uint32_t expected[] = {RAS_CORRECTED, RAS_RECOVERABLE, RAS_RECOVERABLE, RAS_FATAL, RAS_INFO, 0};
	for (uint32_t type = 0; type < ARRAY_SIZE(expected); type++) {
		struct event_ras e = {.source = RAS_EDAC, .error_type = type, .error_count = 7, .device = "DIMM_A1",
				      .message = "memory read error"};
		ras_decode(&e, NULL);
		assert_int_equal(e.severity, expected[type]);
		assert_string_equal(e.device, "DIMM_A1");
		assert_string_equal(e.message, "memory read error");
		assert_int_equal(e.error_count, 7);
	}
	struct event_ras unlabelled = {.source = RAS_EDAC, .bank = 1};
	ras_decode(&unlabelled, NULL);
	assert_string_equal(unlabelled.device, "memory controller 1");
}

static void assert_aer(uint32_t severity, uint32_t status, uint32_t expected, const char *message)
{
	struct event_ras e = {.source = RAS_AER, .error_type = severity, .status = status, .device = "0000:00:1c.0"};
	ras_decode(&e, NULL);
	assert_int_equal(e.severity, expected);
	assert_string_equal(e.message, message);
	assert_string_equal(e.device, "0000:00:1c.0");
}

static void the_status_bits_of_pcie_mean_other_things_by_severity(void **state _unused_)
{
	assert_aer(2, 1U << 6, RAS_CORRECTED, "Bad TLP");
	assert_aer(2, 1U << 12 | 1U << 8, RAS_CORRECTED, "Replay Num Rollover, Replay Timer Timeout");
	assert_aer(0, 1U << 12, RAS_RECOVERABLE, "Poisoned TLP");
	assert_aer(1, 1U << 18, RAS_FATAL, "Malformed TLP");
	assert_aer(1, 1U << 31, RAS_FATAL, "unknown");
	assert_aer(7, 0, 0, "no status");
}

static void all_status_bits_at_once_are_cut_to_the_message(void **state _unused_)
{
	struct event_ras e = {.source = RAS_AER, .error_type = 0, .status = ~0U};
	ras_decode(&e, NULL);
	assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
}

static void a_failed_page_says_what_it_held_and_what_became_of_it(void **state _unused_)
{
	struct event_ras e = {.source = RAS_MEMORY_FAILURE, .address = 0x4071000, .error_type = 13,
			      .result = RAS_PAGE_RECOVERED};
	ras_decode(&e, "dirty lru");
	assert_string_equal(e.message, "dirty lru page: recovered");
	assert_string_equal(e.device, "page at 0x4071000");
	assert_int_equal(e.severity, RAS_RECOVERABLE);
	e.result = 9;
	ras_decode(&e, NULL);
	assert_string_equal(e.message, "unknown page: unknown");
}

static void firmwares_memory_error_is_named_by_its_type(void **state _unused_)
{
	struct event_ras e = {.source = RAS_EXTLOG, .severity = RAS_CORRECTED, .error_type = 2, .address = 0x1000};
	ras_decode(&e, NULL);
	assert_string_equal(e.message, "memory: single-bit ECC");
	assert_string_equal(e.device, "memory at 0x1000");
	assert_int_equal(e.severity, RAS_CORRECTED);
}

/* The 16 bytes of 6b1e2a5c-0d4f-4c3b-9a87-0123456789ab as they lie in memory. */
static void a_vendors_section_is_named_by_its_guid(void **state _unused_)
{
	static const unsigned char guid[16] = {0x5c, 0x2a, 0x1e, 0x6b, 0x4f, 0x0d, 0x3b, 0x4c,
					       0x9a, 0x87, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab};
	struct event_ras e = {.source = RAS_NON_STANDARD, .severity = RAS_FATAL};
	memcpy(&e.status, guid, 8);
	memcpy(&e.misc, guid + 8, 8);
	ras_decode(&e, NULL);
	assert_string_equal(e.message, "vendor section 6b1e2a5c-0d4f-4c3b-9a87-0123456789ab");
	assert_string_equal(e.device, "platform");
}

static void an_arm_error_without_a_severity_is_judged_by_its_own_bits(void **state _unused_)
{
	struct event_ras e = {.source = RAS_ARM, .status = 1U << 4 | 1U << 26, .error_type = 1U << 1, .synd = 0x81000100};
	ras_decode(&e, NULL);
	assert_int_equal(e.severity, RAS_CORRECTED);
	assert_string_equal(e.message, "cache error");
	assert_string_equal(e.device, "CPU with MPIDR 0x81000100");
	e = (struct event_ras){.source = RAS_ARM, .status = 1U << 4};
	ras_decode(&e, NULL);
	assert_int_equal(e.severity, RAS_RECOVERABLE);
	e = (struct event_ras){.source = RAS_ARM, .status = 1U << 3 | 1U << 25};
	ras_decode(&e, NULL);
	assert_int_equal(e.severity, RAS_FATAL);
	e = (struct event_ras){.source = RAS_ARM};
	ras_decode(&e, NULL);
	assert_int_equal(e.severity, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compound_code_of_a_machine_check_is_said_in_words),
		cmocka_unit_test(a_machine_check_names_cpu_and_bank),
		cmocka_unit_test(a_machine_check_is_as_bad_as_its_status_bits),
		cmocka_unit_test(bit_44_is_deferred_on_amd_and_a_count_on_intel),
		cmocka_unit_test(a_dimm_keeps_the_label_and_the_words_that_edac_has),
		cmocka_unit_test(the_status_bits_of_pcie_mean_other_things_by_severity),
		cmocka_unit_test(all_status_bits_at_once_are_cut_to_the_message),
		cmocka_unit_test(a_failed_page_says_what_it_held_and_what_became_of_it),
		cmocka_unit_test(firmwares_memory_error_is_named_by_its_type),
		cmocka_unit_test(a_vendors_section_is_named_by_its_guid),
		cmocka_unit_test(an_arm_error_without_a_severity_is_judged_by_its_own_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
