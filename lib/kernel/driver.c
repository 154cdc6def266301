/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - a driver's load and unload, and what it leaves behind
 *
 * Purpose: before DriverEntry the blocks in use are noted, by site; after the unload every site of
 * the driver kit that has more is a leak. Nothing is kept per block, so it costs nothing in
 * between.
 * Callers: tests and hosts of drivers. Locking: one driver at a time, by its caller. Context:
 * PASSIVE.
 */
#include "lib/kernel/driver.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lookaside_list.h"
#include "lib/kernel/pages.h"
#include "lib/pool/describe.h"
#include "lib/pool/live.h"
#include "lib/stats/segment.h"

#define NAME_MAX_CHARS 64
#define REGISTRY_PATH  L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

static struct {
	DRIVER_OBJECT object;
	DRIVER_EXTENSION extension;
	UNICODE_STRING registry_path;
	WCHAR path[RTL_NUMBER_OF(REGISTRY_PATH) + NAME_MAX_CHARS];
	char name[NAME_MAX_CHARS + 1];
	int loaded;
	struct pool_live_list before;
} driver;

/* " by ring!create+0x12 < ring!DriverEntry+0x34" */
static void add_stack(struct base_text *text, const struct pooltag_site *site)
{
	base_text_add(text, " by ");
	pool_describe_text(text, site->address);
	for (uint32_t i = 1; i < site->frame_count; i++) {
		base_text_add(text, " < ");
		pool_describe_text(text, stats_frame_record(site->first_frame + i)->address);
	}
}

static void note_leak(const struct pooltag_site *site, struct pool_live leaked)
{
	char buffer[900];
	char tag[5];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	pooltag_tag_to_text(site->tag, tag);
	base_text_add(&text, "driver ");
	base_text_add(&text, driver.name);
	base_text_add(&text, " left ");
	base_text_unsigned(&text, leaked.blocks);
	base_text_add(&text, leaked.blocks == 1 ? " block, " : " blocks, ");
	base_text_unsigned(&text, leaked.bytes);
	base_text_add(&text, " bytes, tag ");
	base_text_add(&text, tag);
	base_text_add(&text, site->pool == POOLTAG_POOL_PAGED ? " (Paged), allocated"
							      : " (Nonp), allocated");
	add_stack(&text, site);
	base_note(buffer);
}

/* Sites of the driver kit that have more blocks than before the load. */
static struct pool_live note_leaks(void)
{
	struct pool_live_list now = pool_live_note();
	struct pool_live total = {0};

	for (uint32_t site = 0; site < now.count; site++) {
		struct pool_live leaked = now.sites[site];

		if (site < driver.before.count) {
			leaked.blocks -= driver.before.sites[site].blocks;
			leaked.bytes -= driver.before.sites[site].bytes;
		}
		if ((int64_t)leaked.blocks <= 0 || !(pool_site_uses[site] & POOL_USE_DRIVER))
			continue;
		note_leak(stats_site_record(site), leaked);
		total.blocks += leaked.blocks;
		total.bytes += leaked.bytes;
	}
	pool_live_forget(&now);
	return total;
}

static void note_active_lists(void)
{
	char buffer[300];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	const void *list;
	uint32_t count = kernel_list_count(&list);

	if (count == 0)
		return;
	base_text_add(&text, "driver ");
	base_text_add(&text, driver.name);
	base_text_add(&text, " left ");
	base_text_unsigned(&text, count);
	base_text_add(&text, count == 1 ? " lookaside list" : " lookaside lists");
	base_text_add(&text, " active, one of them at ");
	base_text_hex(&text, (uintptr_t)list);
	base_note(buffer);
}

/* Bug check when the driver left anything; else forgets it. */
static void check_leaks(const char *when)
{
	struct pool_live leaked = note_leaks();
	struct kernel_bug bug;

	pool_live_forget(&driver.before);
	driver.loaded = 0;
	note_active_lists();
	if (leaked.blocks == 0 || !base_options.driver_verifier)
		return;
	kernel_bug_open(&bug, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, (uintptr_t)driver.name, 0,
			leaked.blocks);
	base_text_add(&bug.text, "driver ");
	base_text_add(&bug.text, driver.name);
	base_text_add(&bug.text, when);
	base_text_unsigned(&bug.text, leaked.blocks);
	base_text_add(&bug.text, leaked.blocks == 1 ? " block, " : " blocks, ");
	base_text_unsigned(&bug.text, leaked.bytes);
	base_text_add(&bug.text, " bytes, not freed");
	kernel_bug_close(&bug);
}

static void set_names(PCSTR service)
{
	size_t start = RTL_NUMBER_OF(REGISTRY_PATH) - 1;
	size_t length = 0;

	memcpy(driver.path, REGISTRY_PATH, sizeof(REGISTRY_PATH));
	while (service[length] != '\0' && length < NAME_MAX_CHARS) {
		driver.name[length] = service[length];
		driver.path[start + length] = (WCHAR)(unsigned char)service[length];
		length++;
	}
	driver.name[length] = '\0';
	driver.path[start + length] = 0;
	RtlInitUnicodeString(&driver.registry_path, driver.path);
}

BASE_EXPORT NTSTATUS PooltagDriverLoad(PCSTR ServiceName, PDRIVER_INITIALIZE DriverEntry,
				       PDRIVER_OBJECT *DriverObject)
{
	NTSTATUS status;

	kernel_start();
	if (DriverObject != NULL)
		*DriverObject = NULL;
	if (driver.loaded)
		return STATUS_IMAGE_ALREADY_LOADED;
	set_names(ServiceName);
	memset(&driver.object, 0, sizeof(driver.object));
	driver.object.Type = 4;
	driver.object.Size = sizeof(driver.object);
	driver.object.DriverInit = DriverEntry;
	driver.object.DriverExtension = &driver.extension;
	driver.extension.DriverObject = &driver.object;
	RtlInitUnicodeString(&driver.object.DriverName,
			     driver.path + RTL_NUMBER_OF(REGISTRY_PATH) - 1);
	driver.extension.ServiceKeyName = driver.object.DriverName;
	driver.before = pool_live_note();
	if (driver.before.sites == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	driver.loaded = 1;
	status = DriverEntry(&driver.object, &driver.registry_path);
	if (!NT_SUCCESS(status)) {
		kernel_driver_failed();
		check_leaks("'s DriverEntry failed and left ");
	} else if (DriverObject != NULL) {
		*DriverObject = &driver.object;
	}
	return status;
}

/*
 * Pages that an MDL of the driver's own memory still locks; an MDL of the pool's is a leaked block.
 */
static void check_locked_pages(const void *return_address)
{
	size_t pages = kernel_pages_locked();

	if (pages != 0)
		kernel_bug_check(
			DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, 0, 0, 0, pages,
			"the driver unloads with pages locked (MmProbeAndLockPages without "
			"MmUnlockPages)",
			return_address);
}

BASE_EXPORT void PooltagDriverUnload(PDRIVER_OBJECT DriverObject)
{
	if (!driver.loaded || DriverObject != &driver.object)
		kernel_bug_check(MANUALLY_INITIATED_CRASH, 0, 0, 0, 0,
				 "PooltagDriverUnload of a driver that is not loaded",
				 __builtin_return_address(0));
	if (DriverObject->DriverUnload != NULL)
		DriverObject->DriverUnload(DriverObject);
	check_leaks(" unloads with ");
	check_locked_pages(__builtin_return_address(0));
}
