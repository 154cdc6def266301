/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys_test.c - the tables of keys and columns contradict neither themselves nor each other
 */
#include "harness/tap.h"
#include "model/columns.h"
#include "view/view.h"

#include <ctype.h>

static const struct {
	const char *characters;
	int special;
	const char *label;
	const char *help;
} keys[] = {

#define VIEW_KEY(id, characters, special, label, help, act) {characters, special, label, help},
#include "view/keys.def"
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static void check_characters(void)
{
	int seen[128] = {0};

	for (size_t i = 0; i < KEY_COUNT; i++) {
		for (const char *at = keys[i].characters; *at; at++) {
			seen[(unsigned char)*at]++;
			ok(!isupper((unsigned char)*at), "key '%c' is given in lower case", *at);
			ok(model_column_by_key(*at) < 0, "key '%c' is no sort letter", *at);
		}
		ok(*keys[i].label && *keys[i].help, "key %zu has help", i);
		ok(*keys[i].characters || keys[i].special, "key %zu can be pressed", i);
	}
	for (int i = 0; i < MODEL_COLUMN_MAX; i++)
		seen[(unsigned char)model_columns[i].key] += model_columns[i].key != 0;
	for (int c = 1; c < 128; c++) {
		if (seen[c])
			ok(seen[c] == 1, "'%c' has one meaning", c);
	}
}

static void check_columns(void)
{
	for (int i = 0; i < MODEL_COLUMN_MAX; i++) {
		const struct model_column *column = &model_columns[i];

		ok(model_column_by_name(column->json, strlen(column->json)) == i,
		   "column name %s is unique", column->json);
		ok(*column->help != '\0', "column %s has help", column->json);
		ok(column->wide >= column->narrow, "column %s is wider when wide", column->json);
	}
}

int main(void)
{
	check_characters();
	check_columns();
	return done();
}
