/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * property COURSES INPUTS LONG: so many random courses (see tests/unit/support/course.h) of so many inputs each, and one that
 * is as long as the last number says. Prints what was held against what, and one digest over all that was decided: the same
 * from any compiler.
 *
 * property SEED INPUTS: that one course, which a failure names.
 */
#include "tests/unit/support/course.h"

static bool run_all(unsigned courses, unsigned inputs, unsigned longest, struct course_sum *sum)
{
	for (unsigned seed = 0; seed < courses; seed++)
		if (!course_run(seed, inputs, sum))
			return false;
	return !longest || course_run(courses, longest, sum);
}

static unsigned count(const char *word)
{
	return (unsigned)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
	_cleanup_buf_ struct buf text = {0};
	struct course_sum sum;
	course_sum_begin(&sum);
	if (argc != 3 && argc != 4) {
		fprintf(stderr, "property COURSES INPUTS LONG, or property SEED INPUTS\n");
		return 2;
	}
	bool fine = argc == 4 ? run_all(count(argv[1]), count(argv[2]), count(argv[3]), &sum) :
				course_run(count(argv[1]), count(argv[2]), &sum);
	course_sum_say(&sum, &text);
	fputs(buf_str(&text), stdout);
	return fine ? 0 : 1;
}
