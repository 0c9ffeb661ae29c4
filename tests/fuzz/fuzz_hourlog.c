/* SPDX-License-Identifier: GPL-2.0-only */
/* The history on disk: the bytes as an hour, as a tail and as a block, with what is whole in them replayed. */
#include "engine/record/hourlog.h"
#include "engine/record/hourlog_codec.h"
#include "engine/replay.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/log_rules.h"

struct blocks {
	const uint8_t *hour;
	size_t len, at;
	const struct buf *one; /* a block that is no hour's, first */
	struct buf plain;
	uint64_t run;
};

static int next(void *ctx, struct replay_piece *ret)
{
	struct blocks *b = ctx;
	struct hourlog_block block;
	uint64_t damaged = 0;
	const struct buf *plain = b->one ? b->one : &b->plain;
	if (!b->one && hourlog_unpack(b->hour, b->len, &b->at, &b->plain, &damaged) <= 0)
		return 0;
	b->one = NULL;
	int r = hourlog_block_open(buf_str(plain), plain->len, &block);
	if (r < 0)
		return r;
	*ret = (struct replay_piece){.log = block.log, .len = block.len, .restarted = b->run && block.run != b->run};
	b->run = block.run;
	return 1;
}

static void replay(const uint8_t *hour, size_t len, const struct buf *one)
{
	static struct ruleset *set;
	set = set ? set : log_rules();
	struct blocks b = {.hour = hour, .len = len, .one = one};
	struct replay_options options = {.rules = set, .vocabulary = test_vocabulary(), .next = next, .ctx = &b};
	struct replay_result result = {0};
	if (replay_run(&options, &result) == 0 && result.happening + result.missed != result.n)
		abort();
	replay_done(&result);
	buf_done(&b.plain);
}

/* Makes the checksums right, so that what is behind them is reached. */
static void seal(struct buf *tail)
{
	uint8_t *at = (uint8_t *)tail->data, *end = at + tail->len;
	while (end - at > TAIL_HEAD && get_u32(at) <= (size_t)(end - at - TAIL_HEAD)) {
		uint32_t len = get_u32(at);
		put_u32((char *)at + 4, tail_checksum(at + TAIL_HEAD, len));
		at += TAIL_HEAD + len;
	}
}

static void fold(const void *tail, size_t len)
{
	_cleanup_buf_ struct buf block = {0};
	if (hourlog_whole(tail, len) > len)
		abort();
	if (hourlog_fold(tail, len, &block) == 0)
		replay(NULL, 0, &block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf copy = {0};
	replay(data, size, NULL);
	fold(data, size);
	buf_add(&copy, data, size);
	replay(NULL, 0, &copy);
	seal(&copy);
	fold(buf_str(&copy), copy.len);
	return 0;
}
