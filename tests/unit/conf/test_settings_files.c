/* SPDX-License-Identifier: GPL-2.0-only */
/* Every file in tests/data/{config,klog,noise}/bad says what has to be said about it. */
#include "engine/config.h"
#include "engine/settings.h"
#include "engine/vocabulary.h"
#include "tests/unit/support/complaints.h"
#include "tests/unit/support/test.h"

static int load_config(const char *path, struct diagnostics *d)
{
	struct config c;
	assert_int_equal(config_init(&c), 0);
	int r = config_load(&c, path, d);
	config_done(&c);
	return r;
}

static int load_klog(const char *path, struct diagnostics *d)
{
	struct klog_patterns *patterns = NULL;
	int r = klog_patterns_load(path, NULL, d, &patterns);
	klog_patterns_free(patterns);
	return r;
}

static int load_noise(const char *path, struct diagnostics *d)
{
	const struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = vocabulary()};
	struct noise *noise = NULL;
	int r = noise_load(&options, d, &noise);
	noise_free(noise);
	return r;
}

static void every_mistake_is_told_where_it_stands_and_how_to_mend_it(void **state _unused_)
{
	unsigned n;
	assert_int_equal(complaints_check_bad("tests/data/config/bad", load_config, &n), 0);
	assert_true(n >= 10);
	assert_int_equal(complaints_check_bad("tests/data/klog/bad", load_klog, &n), 0);
	assert_true(n >= 8);
	assert_int_equal(complaints_check_bad("tests/data/noise/bad", load_noise, &n), 0);
	assert_true(n >= 8);
}

static void a_source_that_there_is_not_is_refused_by_its_flag(void **state _unused_)
{
	const struct settings_flags flags = {.config = "conf/tracetrap.yaml", .source = "ebpf"};
	struct diagnostics *d = diagnostics_new();
	struct stamps stamps;
	struct settings *settings = NULL;
	_cleanup_buf_ struct buf said = {0};
	size_t n;
	assert_int_equal(settings_load(&flags, d, &stamps, NULL, &settings), -EINVAL);
	diagnostic_format(&said, diagnostics_all(d, &n));
	assert_string_equal(buf_str(&said), "--source:1:1: error: there are auto, bpf and proc, not ebpf [TT902]");
	stamps_done(&stamps);
	diagnostics_free(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_where_it_stands_and_how_to_mend_it),
		cmocka_unit_test(a_source_that_there_is_not_is_refused_by_its_flag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
