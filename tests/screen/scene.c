/* SPDX-License-Identifier: BSD-2-Clause */
#include "scene.h"

#include "fixture/fixture.h"
#include "model/state.h"
#include "view/largest.h"

#include <stdlib.h>
#include <string.h>

#define SCENE_INTERVAL_NS 5000000000ull /* of the simulated clock */
#define SCENE_GROWTH      20            /* refreshes of a scene that grows */
#define SCENE_COLUMNS     80
#define SCENE_STEPS       3

static const char *const scene_includes[] = {"s*", "SSL?"};
static const char *const scene_excludes[] = {"sd*"};
static const char *const scene_sampled[] = {"sds*"};
static const uint32_t scene_crashed[] = {103};

/* What is read one after the other, and what is shown of it. Without segments: those that grow. */
static const struct {
	const char *segments[SCENE_STEPS];
	struct model_options options;
} scenes[] = {
	[SCENE_EMPTY] = {{NULL}, {0}},
	[SCENE_FIRST] = {{"two"}, {0}},
	[SCENE_TWO] = {{"two", "two-later", "two-ended"}, {0}},
	[SCENE_CRASHED] = {{"two"}, {.pids = scene_crashed, .pid_count = 1}},
	[SCENE_PATTERNS] = {{"two"},
			    {.includes = scene_includes,
			     .include_count = 2,
			     .excludes = scene_excludes,
			     .exclude_count = 1}},
	[SCENE_OWNERS] = {{"two", "two-later"}, {0}},
	[SCENE_LEDGER] = {{"two", "two-later"}, {0}},
	[SCENE_LEDGER_UNREADABLE] = {{"two", "two-later"}, {0}},
	[SCENE_DAMAGED] = {{"damaged"}, {0}},
	[SCENE_DRILL] = {{"drill", "drill-later"}, {0}},
	[SCENE_SAMPLES] = {{"drill", "drill-later"},
			   {.group = MODEL_GROUP_STACK,
			    .includes = scene_sampled,
			    .include_count = 1}},
	[SCENE_GROWN] = {{NULL}, {0}},
	[SCENE_PLAIN] = {{NULL}, {0}},
};

static const struct host_figures scene_host = {
	.memory = 24576000,
	.available = 23102000,
	.page_faults = 220,
	.kernel = 2484,
	.paged_resident = 9924,
	.commit = 301040,
	.limit = 24317064,
	.peak = 340280,
	.nonpaged = 2204,
	.paged = 98996,
};

static bool scene_grows(const struct scene *scene)
{
	return scene->id == SCENE_GROWN || scene->id == SCENE_PLAIN;
}

static void scene_grow(struct scene *scene, int step)
{
	FILE *out = fixture_text_begin(scene->dir);

	fprintf(out,
		"process 101.5000 live /usr/sbin/server ppid=1\nmodule /usr/sbin/server\n"
		"class 32 8\nclass 48 8\nclass 112 8\nclass 128 8\nclass 256 8 Nonp\n"
		"site conn Paged 0 accept_one 0x10\nsite leak Paged 0 remember 0x20\n"
		"site keys Nonp 0 new_key 0x30\nsite temp Paged 0 parse 0x40\n"
		"shard 0\ncell 0 0 120 12000 15360 20 2000 2560\n"
		"cell 0 1 %d %d %d 0 0 0\ncell 0 2 9 2160 2304 1 240 256\n"
		"cell 0 3 %d %d %d %d %d %d\n",
		1000 + 50 * step, (1000 + 50 * step) * 40, (1000 + 50 * step) * 48,
		5000 + 10 * step, (5000 + 10 * step) * 100, (5000 + 10 * step) * 128,
		5000 + 10 * step - step % 3, (5000 + 10 * step - step % 3) * 100,
		(5000 + 10 * step - step % 3) * 128);
	for (int i = 0; i < 2; i++)
		fprintf(out,
			"process %d.5100 live /usr/sbin/worker ppid=101\nmodule /usr/sbin/worker\n"
			"site job Paged 0 take_job 0x10\nsite mixd Paged 0 any_size 0x20\nshard 0\n"
			"cell 0 0 %d %d %d 10 3000 3200\ncell 0 1 30 1100 1904 0 0 0\n",
			102 + i, 40 + i, (40 + i) * 300, (40 + i) * 320);
	fputs("process 99.4000 crashed /usr/bin/importer\nmodule /usr/bin/importer\n"
	      "site row Paged 0 read_row 0x51\nshard 0\ncell 0 0 700 70000 89600 100 10000 12800\n",
	      out);
	fixture_text_end(out, scene->dir);
}

static void scene_write(struct scene *scene)
{
	const char *name =
		scene->steps < SCENE_STEPS ? scenes[scene->id].segments[scene->steps] : NULL;
	char path[4096];

	if (scene_grows(scene))
		scene_grow(scene, scene->steps);
	if (!name)
		return;
	snprintf(path, sizeof(path), "%s/%s.seg", scene->source, name);
	fixture_write(path, scene->dir);
}

/* Reads what there is, as the live view does. */
static void scene_refresh(struct scene *scene)
{
	reader_snapshot_drop(scene->snapshot);
	reader_want(scene->reader, model_wants(scene->model));
	if (reader_refresh(scene->reader, &scene->snapshot))
		exit(99);
	scene->snapshot->mono_ns = ++scene->refreshes * SCENE_INTERVAL_NS;
	scene->snapshot->real_ns = 1700000000000000000;
	model_update(scene->model, scene->snapshot);
	if (!model_settings(scene->model)->memory)
		return;
	/* No process of a scene runs: the kernel has no figures of it. */
	scene->model->ledger = (struct ledger){
		.pools = 33 << 20,
		.rss = 61 << 20,
		.pss = 52 << 20,
		.anonymous = 40 << 20,
		.file = 9 << 20,
		.shared = 3 << 20,
		.swap = 1 << 20,
		.processes = scene->id == SCENE_LEDGER ? 2 : 1,
		.unreadable = scene->id == SCENE_LEDGER ? 0 : 1,
	};
}

void scene_later(struct scene *scene)
{
	scene_write(scene);
	scene->steps++;
	scene_refresh(scene);
}

static void scene_own(struct scene *scene)
{
	static const char local[] = "dict - redis-server\nSSLk - libcrypto.so.3\n";
	static const char general[] = "dict - redis        - hash tables of the key space\n"
				      "S??? - ssl          - \xe2\x80\xa6 and more\n";
	struct owners_faults faults;

	scene->owners = owners_create();
	owners_add(scene->owners, OWNERS_LOCAL, local, sizeof(local) - 1, &faults);
	owners_add(scene->owners, OWNERS_GENERAL, general, sizeof(general) - 1, &faults);
	scene->view.choice.owners = true;
}

void scene_begin(struct scene *scene, const char *source, enum scene_id id)
{
	struct model_options options = scenes[id].options;

	memset(scene, 0, sizeof(*scene));
	scene->source = source;
	scene->id = id;
	scene->rows = 24;
	strcpy(scene->dir, "/tmp/poolmon-scene-XXXXXX");
	if (!mkdtemp(scene->dir))
		exit(99);
	if (id == SCENE_OWNERS)
		scene_own(scene);
	options.sort = MODEL_COLUMN_TAG;
	options.owners = scene->owners;
	scene->reader = reader_create(scene->dir);
	scene->model = model_create(&options);
	scene->view.model = scene->model;
	scene->view.host = scene_host;
	scene->view.highlight = true;
	scene->view.interval = 5;
	scene->view.plain = id == SCENE_PLAIN;
	scene->view.library = "/usr/lib/libpooltag.so";
	scene->view.help_options = "the text of --help\nin two lines";
	scene_later(scene);
	if (scenes[id].segments[1])
		scene_later(scene);
	while (scene_grows(scene) && scene->steps < SCENE_GROWTH)
		scene_later(scene);
}

void scene_end(struct scene *scene)
{
	char command[128];

	model_destroy(scene->model);
	reader_snapshot_drop(scene->snapshot);
	reader_destroy(scene->reader);
	blocks_fini(&scene->view.largest.blocks);
	if (scene->owners)
		owners_destroy(scene->owners);
	snprintf(command, sizeof(command), "rm -r %s", scene->dir);
	if (system(command) != 0)
		exit(99);
}

/* No process of a scene runs: somebody else answers. */
static void scene_answer(struct scene *scene)
{
	struct blocks blocks = {.pid = scene->view.largest.pid,
				.process = "redis-server",
				.what = "dict Paged",
				.count = 280733,
				.requested = 13442808,
				.charge = 17966912,
				.listed = 40,
				.entries = calloc(40, sizeof(*blocks.entries))};

	if (!blocks.entries)
		exit(99);
	for (size_t i = 0; i < blocks.listed; i++) {
		struct blocks_entry *entry = &blocks.entries[i];

		entry->address = 0x7f0000000000 + 0x10000 * i;
		entry->requested = 1048576 >> i / 2;
		entry->charge = entry->requested + 8;
		entry->known = true;
		entry->tag = POOLTAG_TAG('d', 'i', 'c', 't');
		entry->pool = POOLTAG_POOL_PAGED;
		strcpy(entry->place, "redis-server!dictAddRaw+0x1c");
	}
	scene->view.message[0] = '\0';
	largest_show(&scene->view, &blocks);
}

int scene_press(struct scene *scene, int key)
{
	int reaction = view_key(&scene->view, key);

	if (reaction & VIEW_REFRESH)
		scene_refresh(scene);
	if (reaction & VIEW_LARGEST)
		scene_answer(scene);
	return reaction;
}

void scene_type(struct scene *scene, const char *keys)
{
	static const int codes[] = {0, VIEW_CODE_DOWN, VIEW_CODE_END, VIEW_CODE_ENTER,
				    VIEW_CODE_BACK};
	struct frame frame;

	frame_init(&frame, scene->rows, SCENE_COLUMNS);
	for (; *keys; keys++) {
		if (*keys == *KEY_LATER)
			scene_later(scene);
		else
			scene_press(scene, *keys <= *KEY_BACK ? codes[(int)*keys] : *keys);
		view_render(&scene->view, &frame);
	}
	frame_fini(&frame);
}
