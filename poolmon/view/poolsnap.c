/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/poolsnap.h"

#define POOLSNAP_HEADING                                \
	" Tag  Type     Allocs            Frees       " \
	"        Diff            Bytes                 Per Alloc"

static void poolsnap_heading(const struct model *model, FILE *out)
{
	fputs(POOLSNAP_HEADING, out);
	if (model_settings(model)->owners)
		fprintf(out, "  %s", model_columns[MODEL_COLUMN_OWNER].heading);
	putc('\n', out);
}

/* A blank ends the figures, whether or not a text follows: readers of such files ask for one. */
static void poolsnap_row(const struct model_row *row, FILE *out)
{
	char tag[5];

	pooltag_tag_to_text(row->tag, tag);
	fprintf(out, " %4.4s %-5s %18lld %18lld %17lld %14lld %16lld %s\n", tag,
		model_pool_name(row->pool), (long long)row->value[MODEL_COLUMN_ALLOCS],
		(long long)row->value[MODEL_COLUMN_FREES], (long long)row->value[MODEL_COLUMN_DIFF],
		(long long)row->value[MODEL_COLUMN_BYTES],
		(long long)row->value[MODEL_COLUMN_PER_ALLOC], row->owner);
}

void poolsnap_write(const struct model *model, const struct host_figures *host, FILE *out)
{
	for (int line = 0; line < HOST_LINES; line++) {
		char fields[HOST_FIELDS][HOST_FIELD_SIZE];

		host_line(host, line, fields);
		for (int i = 0; i < HOST_FIELDS; i++)
			fputs(fields[i], out);
		putc('\n', out);
	}
	putc('\n', out);
	poolsnap_heading(model, out);
	putc('\n', out);
	for (size_t i = 0; i < model_row_count(model); i++)
		poolsnap_row(model_row(model, i), out);
}
