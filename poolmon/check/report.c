/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/report.h"

const struct report_writer report_writers[REPORT_MAX] = {
#define CHECK_FORMAT(id, name, append, help) [REPORT_##id] = {#name, append, check_write_##name},
#include "check/formats.def"
};
