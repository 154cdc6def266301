/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/format.h"

#include "export/csv.h"
#include "export/folded.h"
#include "export/json.h"
#include "export/openmetrics.h"
#include "export/pprof.h"

#include <errno.h>
#include <string.h>

const struct format_info formats[FORMAT_MAX] = {
#define EXPORT_FORMAT(id, name, kind, help) [FORMAT_##id] = {#name, FORMAT_##kind},
#include "export/formats.def"
};

const struct format_value_info format_values[FORMAT_VALUE_MAX] = {
#define EXPORT_VALUE(id, name, unit, plus, minus, weight, help) \
	[FORMAT_VALUE_##id] = {name, unit, help},
#include "export/values.def"
};

int format_value_by_name(const char *name)
{
	for (int i = 0; i < FORMAT_VALUE_MAX; i++) {
		if (strcmp(format_values[i].name, name) == 0)
			return i;
	}
	return -1;
}

int format_write(enum format_id id, const struct model *model, const struct format_options *options,
		 FILE *out)
{
	switch (id) {
	case FORMAT_JSON:
		return json_write(model, options->host, options->symbols, !options->batch, out);
	case FORMAT_CSV:
		return csv_write(model, options, out);
	case FORMAT_OPENMETRICS:
		return openmetrics_write(model, OPENMETRICS_TEXT, out);
	case FORMAT_PPROF:
		return pprof_write(model, options, out);
	case FORMAT_FOLDED:
		return folded_write(model, options, out);
	case FORMAT_MAX:
		break;
	}
	return -EINVAL;
}
