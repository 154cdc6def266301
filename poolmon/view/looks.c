/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/looks.h"

static const struct {
	int8_t colours[VIEW_THEME_MAX];
	uint8_t with;
	uint8_t without;
} looks_table[FRAME_ATTRIBUTE_MAX] = {

#define VIEW_LOOK(attribute, dark, light, with, without) \
	[FRAME_##attribute] = {                          \
		{LOOKS_##dark, LOOKS_##light, LOOKS_TERMINAL}, LOOKS_##with, LOOKS_##without},
#include "view/themes.def"
};

struct looks looks_of(enum frame_attribute attribute, enum view_theme theme)
{
	return (struct looks){
		.colour = looks_table[attribute].colours[theme],
		.style = theme == VIEW_THEME_MONO ? looks_table[attribute].without
						  : looks_table[attribute].with,
	};
}
