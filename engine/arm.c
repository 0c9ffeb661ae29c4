/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/arm.h"

#include "engine/base/clock.h"

#define CREDIT_WINDOW_NS (300 * NS_PER_S)

struct arm_slot {
	bool attached, resting, failed;
	bool told; /* attached, as arm_next_change() last said */
	unsigned wanted;
	uint64_t changed_ns; /* credit is settled up to here */
	double credit_ns;
	uint64_t attached_ns, rests;
};

struct arm {
	struct arm_options options;
	struct arm_slot *slots;
};

static double credit_max(const struct arm *a)
{
	return a->options.share * (double)CREDIT_WINDOW_NS;
}

static bool unbounded(const struct arm *a, uint16_t detector)
{
	return a->options.share >= 1 || (a->options.always && a->options.always[detector]);
}

int arm_new(const struct arm_options *options, struct arm **ret)
{
	struct arm *a = calloc(1, sizeof(*a));
	struct arm_slot *slots = calloc(MAX(options->n_detectors, (size_t)1), sizeof(*slots));
	if (!a || !slots) {
		free(a);
		free(slots);
		return -ENOMEM;
	}
	a->options = *options;
	a->slots = slots;
	for (uint16_t i = 0; i < options->n_detectors; i++) {
		slots[i].credit_ns = credit_max(a);
		slots[i].changed_ns = options->now_ns;
		if (options->always && options->always[i])
			arm_want(a, i, options->now_ns);
		slots[i].told = slots[i].attached;
	}
	*ret = a;
	return 0;
}

static void settle(struct arm *a, struct arm_slot *s, uint64_t now_ns)
{
	uint64_t passed = now_ns > s->changed_ns ? now_ns - s->changed_ns : 0;
	if (s->attached) {
		s->attached_ns += passed;
		s->credit_ns -= (double)passed;
	}
	s->credit_ns = MIN(s->credit_ns + (double)passed * a->options.share, credit_max(a));
	s->changed_ns = now_ns;
}

static void set_attached(struct arm *a, uint16_t detector, bool attached)
{
	struct arm_slot *s = &a->slots[detector];
	if (s->attached == attached || (attached && s->failed))
		return;
	int r = a->options.attach(a->options.ctx, detector, attached);
	s->failed = attached && r < 0;
	s->attached = attached && r >= 0;
}

void arm_want(struct arm *a, uint16_t detector, uint64_t now_ns)
{
	struct arm_slot *s = &a->slots[detector];
	settle(a, s, now_ns);
	if (s->wanted++ == 0)
		s->failed = false;
	if (!s->resting)
		set_attached(a, detector, true);
}

void arm_release(struct arm *a, uint16_t detector, uint64_t now_ns)
{
	struct arm_slot *s = &a->slots[detector];
	if (s->wanted == 0)
		return;
	settle(a, s, now_ns);
	if (--s->wanted == 0) {
		set_attached(a, detector, false);
		s->resting = false;
	}
}

void arm_tick(struct arm *a, uint64_t now_ns)
{
	for (uint16_t i = 0; i < a->options.n_detectors; i++) {
		struct arm_slot *s = &a->slots[i];
		settle(a, s, now_ns);
		if (unbounded(a, i))
			continue;
		if (s->attached && s->credit_ns <= 0) {
			set_attached(a, i, false);
			s->resting = true;
			s->rests++;
		} else if (s->resting && s->credit_ns >= credit_max(a) / 4) {
			s->resting = false;
			if (s->wanted)
				set_attached(a, i, true);
		}
	}
}

bool arm_next_change(struct arm *a, uint16_t *ret_detector, bool *ret_attached)
{
	for (uint16_t i = 0; i < a->options.n_detectors; i++) {
		struct arm_slot *s = &a->slots[i];
		if (s->told == s->attached)
			continue;
		s->told = *ret_attached = s->attached;
		*ret_detector = i;
		return true;
	}
	return false;
}

void arm_status(const struct arm *a, uint16_t detector, struct arm_status *ret)
{
	const struct arm_slot *s = &a->slots[detector];
	*ret = (struct arm_status){s->attached, s->resting, s->wanted, s->attached_ns, s->rests};
}

struct arm *arm_free(struct arm *a)
{
	if (!a)
		return NULL;
	for (uint16_t i = 0; i < a->options.n_detectors; i++)
		set_attached(a, i, false);
	free(a->slots);
	free(a);
	return NULL;
}
