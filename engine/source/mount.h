/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns of the rows that the mounts helper answers with, ppm. */
#pragma once

enum { MOUNT_USED, MOUNT_INODES, MOUNT_COLUMNS };
