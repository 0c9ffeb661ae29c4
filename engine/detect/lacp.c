/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

static int load(struct detector *d)
{
	return detector_refuse(d, -EOPNOTSUPP, "rtnetlink is not listened to yet");
}

const struct detector_ops lacp_ops = {.load = load};
