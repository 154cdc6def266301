/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/report.h"

#include "check/describe.h"
#include "check/frames.h"

const struct report_writer report_writers[REPORT_MAX] = {
#define CHECK_FORMAT(id, name, append, framed, named, help) \
	[REPORT_##id] = {#name, append, framed, named, check_write_##name},
#include "check/formats.def"
};

void report_write(struct check *check, enum report_format id, FILE *out)
{
	const struct report_writer *writer = &report_writers[id];
	unsigned shown = check_shown_classes(check->options);

	for (size_t i = 0; i < check->finding_count; i++) {
		struct check_finding *finding = &check->findings[i];
		unsigned status = 1u << finding->status;

		if (!describe_has(finding, shown))
			continue;
		if (writer->framed & status)
			frames_name(check, finding);
		else if (writer->named & status)
			frames_name_function(check, finding);
	}
	writer->write(check, out);
}
