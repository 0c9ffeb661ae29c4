/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/ras_decode.h"

#define MCE_VALID	  (1ULL << 63)
#define MCE_OVERFLOW	  (1ULL << 62)
#define MCE_UNCORRECTED	  (1ULL << 61)
#define MCE_CORRUPT	  (1ULL << 57) /* PCC: the processor's context is */
#define MCE_DEFERRED	  (1ULL << 44) /* AMD; on Intel a bit of the count of corrected errors */
#define MCE_COUNT_SHIFT	  38	       /* Intel: of corrected errors, 15 bits */
#define MCE_COUNT_MASK	  0x7fff
#define MCE_CODE_FILTERED 0x1000 /* Intel: a form bit that says nothing of the error */
#define VENDOR_INTEL	  0
#define VENDOR_AMD	  2
#define VENDOR_HYGON	  9

#define ARM_VALID_CORRECTED (1U << 4)
#define ARM_VALID_CORRUPT   (1U << 3)
#define ARM_CORRECTED	    (1ULL << 26)
#define ARM_CORRUPT	    (1ULL << 25)

static const char *word(const char *const *words, size_t n, size_t at)
{
	return at < n && words[at] ? words[at] : "unknown";
}
#define WORD(words, at) word(words, ARRAY_SIZE(words), at)

static const char *const levels[] = {"L0", "L1", "L2", "any-level"};
static const char *const kinds[] = {"instruction", "data", "generic", "unknown"};
static const char *const requests[] = {"generic",	     "read",	 "write",    "data read", "data write",
				       "instruction fetch", "prefetch", "eviction", "snoop"};

static void memory_words(uint16_t code, char *ret, size_t size)
{
	static const char *const operations[] = {"generic", "read", "write", "address or command", "scrubbing"};
	unsigned channel = code & 0xf;
	int n = snprintf(ret, size, "memory %s error", WORD(operations, (code >> 4) & 7));
	if (channel != 0xf && n > 0 && (size_t)n < size)
		snprintf(ret + n, size - (size_t)n, ", channel %u", channel);
}

static void bus_words(uint16_t code, char *ret, size_t size)
{
	static const char *const parts[] = {"as requester", "as responder", "as observer", "by anyone"};
	snprintf(ret, size, "bus %s error %s%s", WORD(requests, (code >> 4) & 0xf), WORD(parts, (code >> 9) & 3),
		 code & 0x100 ? ", timed out" : "");
}

static void simple_words(uint16_t code, char *ret, size_t size)
{
	static const char *const simple[] = {"no error",	    "unclassified error", "microcode ROM parity error",
					     "external error",	    "FRC error",	  "internal parity error",
					     "SMM handler code access violation"};
	if (code < ARRAY_SIZE(simple))
		snprintf(ret, size, "%s", simple[code]);
	else if (code == 0x400)
		snprintf(ret, size, "internal timer error");
	else if ((code & 0xfc00) == 0x400)
		snprintf(ret, size, "internal error %#x", code);
	else
		snprintf(ret, size, "error code %#x", code);
}

void ras_mce_words(uint16_t code, char *ret, size_t size)
{
	const char *level = levels[code & 3], *kind = kinds[(code >> 2) & 3];
	code &= (uint16_t)~MCE_CODE_FILTERED;
	if (code & 0x800)
		bus_words(code, ret, size);
	else if ((code & 0xff00) == 0x100)
		snprintf(ret, size, "%s %s cache %s error", level, kind, WORD(requests, (code >> 4) & 0xf));
	else if ((code & 0xff80) == 0x80)
		memory_words(code, ret, size);
	else if ((code & 0xfff0) == 0x10)
		snprintf(ret, size, "%s %s TLB error", level, kind);
	else if ((code & 0xfffc) == 0xc)
		snprintf(ret, size, "%s cache error", level);
	else
		simple_words(code, ret, size);
}

static bool is_amd(const struct event_ras *e)
{
	return e->error_type == VENDOR_AMD || e->error_type == VENDOR_HYGON;
}

static uint32_t mce_severity(const struct event_ras *e)
{
	if (!(e->status & MCE_VALID))
		return RAS_INFO;
	if (e->status & MCE_CORRUPT)
		return RAS_FATAL;
	if (e->status & MCE_UNCORRECTED || (is_amd(e) && e->status & MCE_DEFERRED))
		return RAS_RECOVERABLE;
	return RAS_CORRECTED;
}

static void decode_mce(struct event_ras *e)
{
	char words[48];
	uint32_t counted = (e->status >> MCE_COUNT_SHIFT) & MCE_COUNT_MASK;
	e->severity = mce_severity(e);
	e->error_count = 1;
	if (e->error_type == VENDOR_INTEL && e->severity == RAS_CORRECTED && counted)
		e->error_count = counted;
	ras_mce_words((uint16_t)e->status, words, sizeof(words));
	snprintf(e->message, sizeof(e->message), "%s%s", e->status & MCE_VALID ? words : "status not valid",
		 e->status & MCE_OVERFLOW ? ", others lost" : "");
	snprintf(e->device, sizeof(e->device), "CPU %u bank %u", e->error_cpu, e->bank);
}

/* enum hw_event_mc_err_type: corrected, uncorrected, deferred, fatal, info. */
static void decode_edac(struct event_ras *e)
{
	static const uint32_t severities[] = {RAS_CORRECTED, RAS_RECOVERABLE, RAS_RECOVERABLE, RAS_FATAL, RAS_INFO};
	e->severity = e->error_type < ARRAY_SIZE(severities) ? severities[e->error_type] : 0;
	if (!e->device[0])
		snprintf(e->device, sizeof(e->device), "memory controller %u", e->bank);
	if (!e->message[0])
		snprintf(e->message, sizeof(e->message), "memory error");
}

static const char *const aer_corrected[32] = {
	[0] = "Receiver Error",	      [6] = "Bad TLP",		   [7] = "Bad DLLP",		[8] = "Replay Num Rollover",
	[12] = "Replay Timer Timeout", [13] = "Advisory Non-Fatal", [14] = "Corrected Internal", [15] = "Header Log Overflow",
};
static const char *const aer_uncorrected[32] = {
	[4] = "Data Link Protocol",  [5] = "Surprise Down",	     [12] = "Poisoned TLP",
	[13] = "Flow Control",	     [14] = "Completion Timeout",    [15] = "Completer Abort",
	[16] = "Unexpected Completion", [17] = "Receiver Overflow",  [18] = "Malformed TLP",
	[19] = "ECRC",		     [20] = "Unsupported Request",   [21] = "ACS Violation",
	[22] = "Uncorrectable Internal", [23] = "MC Blocked TLP",    [24] = "AtomicOp Egress Blocked",
	[25] = "TLP Prefix Blocked", [26] = "Poisoned TLP Egress Blocked",
};

static void name_bits(uint32_t bits, const char *const names[32], char *ret, size_t size)
{
	size_t n = 0;
	for (unsigned i = 0; i < 32 && n < size; i++)
		if (bits & 1U << i)
			n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? ", " : "", names[i] ?: "unknown");
	if (!n)
		snprintf(ret, size, "no status");
}

/* The kernel's AER_NONFATAL, AER_FATAL, AER_CORRECTABLE. */
static void decode_aer(struct event_ras *e)
{
	static const uint32_t severities[] = {RAS_RECOVERABLE, RAS_FATAL, RAS_CORRECTED};
	e->severity = e->error_type < ARRAY_SIZE(severities) ? severities[e->error_type] : 0;
	name_bits((uint32_t)e->status, e->severity == RAS_CORRECTED ? aer_corrected : aer_uncorrected, e->message,
		  sizeof(e->message));
}

static void decode_memory_failure(struct event_ras *e, const char *page_type)
{
	static const char *const results[] = {"", "ignored", "failed", "delayed", "recovered"};
	e->severity = RAS_RECOVERABLE;
	snprintf(e->device, sizeof(e->device), "page at %#llx", (unsigned long long)e->address);
	snprintf(e->message, sizeof(e->message), "%.40s page: %s", page_type ?: "unknown", WORD(results, e->result));
}

static void decode_extlog(struct event_ras *e)
{
	static const char *const types[] = {"unknown", "no error", "single-bit ECC", "multi-bit ECC",
					    "single-symbol chipkill ECC", "multi-symbol chipkill ECC", "master abort",
					    "target abort", "parity error", "watchdog timeout", "invalid address",
					    "mirror broken", "memory sparing", "scrub corrected error",
					    "scrub uncorrected error", "physical memory map-out event"};
	snprintf(e->message, sizeof(e->message), "memory: %s", WORD(types, e->error_type));
	if (!e->device[0])
		snprintf(e->device, sizeof(e->device), "memory at %#llx", (unsigned long long)e->address);
}

/* A GUID in memory: 4, 2 and 2 bytes little-endian, then 8 bytes as they are written. */
static void decode_non_standard(struct event_ras *e)
{
	uint64_t a = e->status, b = __builtin_bswap64(e->misc);
	snprintf(e->message, sizeof(e->message), "vendor section %08x-%04x-%04x-%04x-%012llx", (uint32_t)a,
		 (unsigned)(a >> 32) & 0xffff, (unsigned)(a >> 48), (unsigned)(b >> 48),
		 (unsigned long long)(b & 0xffffffffffffULL));
	if (!e->device[0])
		snprintf(e->device, sizeof(e->device), "platform");
}

static uint32_t arm_severity(const struct event_ras *e)
{
	uint16_t valid = (uint16_t)e->status; /* the low bits say which of the others are */
	if (valid & ARM_VALID_CORRUPT && e->status & ARM_CORRUPT)
		return RAS_FATAL;
	if (valid & ARM_VALID_CORRECTED)
		return e->status & ARM_CORRECTED ? RAS_CORRECTED : RAS_RECOVERABLE;
	return 0;
}

static void decode_arm(struct event_ras *e)
{
	static const char *const types[32] = {[1] = "cache error", [2] = "TLB error", [3] = "bus error", [4] = "vendor's error"};
	if (!e->severity)
		e->severity = arm_severity(e);
	if (e->error_type)
		name_bits(e->error_type, types, e->message, sizeof(e->message));
	else
		snprintf(e->message, sizeof(e->message), "processor error");
	snprintf(e->device, sizeof(e->device), "CPU with MPIDR %#llx", (unsigned long long)e->synd);
}

void ras_decode(struct event_ras *e, const char *page_type)
{
	switch ((enum ras_source)e->source) {
	case RAS_MCE: decode_mce(e); break;
	case RAS_EDAC: decode_edac(e); break;
	case RAS_AER: decode_aer(e); break;
	case RAS_MEMORY_FAILURE: decode_memory_failure(e, page_type); break;
	case RAS_EXTLOG: decode_extlog(e); break;
	case RAS_NON_STANDARD: decode_non_standard(e); break;
	case RAS_ARM: decode_arm(e); break;
	}
}
