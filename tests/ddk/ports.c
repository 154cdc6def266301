// SPDX-License-Identifier: BSD-2-Clause
/*
 * ports.c - pool under the names of NDIS, StorPort and the filter manager: it is pool, with the tag and
 * the checks of any other. Pages: ndis/nf-ndis-ndis*memory*, storport/nf-storport-storport*pool,
 * fltkernel/nf-fltkernel-flt*poolalignedwithtag. Compiled as C and as C++.
 */
#include <fltkernel.h>
#include <ndis.h>
#include <storport.h>

#include "../../include/pooltag/pooltag.h"
#include "ddk.h"

#define TAG 'troP' /* shown as Port */

static int is_pool(const void *block, const char *tag, unsigned pool, size_t size)
{
	struct pooltag_block info;

	return block != NULL && pooltag_block_info(block, &info) == 0 &&
	       info.tag == pooltag_tag_from_text(tag) && info.pool == pool &&
	       info.requested == size;
}

static void ndis(void)
{
	PUCHAR block =
		(PUCHAR)NdisAllocateMemoryWithTagPriority(NULL, 100, TAG, NormalPoolPriority);
	UCHAR bytes[4] = {1, 2, 3, 4};

	ok(is_pool(block, "Port", 1, 100), "NdisAllocateMemoryWithTagPriority: nonpaged pool");
	NdisZeroMemory(block, 100);
	NdisMoveMemory(block + 1, bytes, 4);
	ok(block[0] == 0 && block[4] == 4 && block[99] == 0, "NdisZeroMemory, NdisMoveMemory");
	NdisFreeMemory(block, 0, 0);
	ok(!is_pool(block, "Port", 1, 100), "NdisFreeMemory, whatever the length");
	block = (PUCHAR)NdisAllocateMemoryWithTagPriority(NULL, 8, 0, HighPoolPriority);
	ok(is_pool(block, "NDam", 1, 8), "NdisAllocateMemoryWithTagPriority: the tag of NDIS");
	ExFreePool(block);
}

static void storport(void)
{
	PVOID block = &block;
	ULONG status = StorPortAllocatePool(NULL, 200, TAG, &block);

	ok(status == STOR_STATUS_SUCCESS && is_pool(block, "Port", 1, 200),
	   "StorPortAllocatePool: nonpaged pool");
	ok(StorPortFreePool(NULL, block) == STOR_STATUS_SUCCESS && !is_pool(block, "Port", 1, 200),
	   "StorPortFreePool");
}

static void storport_errors(void)
{
	PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG), none = block;
	ULONG allocated, freed;
	KIRQL old;

	ok(StorPortAllocatePool(NULL, 1, TAG, NULL) == STOR_STATUS_INVALID_PARAMETER,
	   "StorPortAllocatePool to nowhere: STOR_STATUS_INVALID_PARAMETER");
	ok(StorPortFreePool(NULL, NULL) == STOR_STATUS_INVALID_PARAMETER,
	   "StorPortFreePool of NULL: STOR_STATUS_INVALID_PARAMETER");
	KeRaiseIrql(HIGH_LEVEL, &old);
	allocated = StorPortAllocatePool(NULL, 1, TAG, &none) == STOR_STATUS_INVALID_IRQL;
	freed = StorPortFreePool(NULL, block) == STOR_STATUS_INVALID_IRQL;
	KeLowerIrql(old);
	ok(allocated && none == NULL, "StorPortAllocatePool: STOR_STATUS_INVALID_IRQL");
	ok(freed && is_pool(block, "Port", 1, 10), "StorPortFreePool: STOR_STATUS_INVALID_IRQL");
	ExFreePoolWithTag(block, TAG);
}

static void filter(void)
{
	PVOID small = FltAllocatePoolAlignedWithTag(NULL, PagedPool, 5, TAG);
	PVOID none = FltAllocatePoolAlignedWithTag(NULL, NonPagedPoolNx, 0, TAG);
	PVOID line = FltAllocatePoolAlignedWithTag(NULL, NonPagedPoolCacheAligned, 100, TAG);

	ok(is_pool(small, "Port", 0, 5) && (ULONG_PTR)small % 16 == 0,
	   "FltAllocatePoolAlignedWithTag: of the pool asked for, aligned");
	ok(is_pool(none, "Port", 1, 1), "FltAllocatePoolAlignedWithTag of no bytes: the least");
	ok((ULONG_PTR)line % 64 == 0, "FltAllocatePoolAlignedWithTag, to a cache line");
	FltFreePoolAlignedWithTag(NULL, line, TAG);
	FltFreePoolAlignedWithTag(NULL, none, TAG);
	FltFreePoolAlignedWithTag(NULL, small, TAG);
	ok(!is_pool(small, "Port", 0, 5), "FltFreePoolAlignedWithTag");
}

/* --- misuse ------------------------------------------------------------------------------------- */

static PVOID network(void)
{
	return NdisAllocateMemoryWithTagPriority(NULL, 8, TAG, NormalPoolPriority);
}

static void ndis_high(void)
{
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	NdisAllocateMemoryWithTagPriority(NULL, 8, TAG, NormalPoolPriority);
}

static void ndis_flags(void)
{
	NdisFreeMemory(network(), 8, NDIS_MEMORY_CONTIGUOUS);
}

static void ndis_twice(void)
{
	PVOID block = network();

	NdisFreeMemory(block, 8, 0);
	NdisFreeMemory(block, 8, 0);
}

static void storport_twice(void)
{
	PVOID block;

	StorPortAllocatePool(NULL, 8, TAG, &block);
	StorPortFreePool(NULL, block);
	StorPortFreePool(NULL, block);
}

static void filter_high(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	FltAllocatePoolAlignedWithTag(NULL, PagedPool, 8, TAG);
}

static void filter_tag(void)
{
	FltFreePoolAlignedWithTag(NULL, network(), 'lteN');
}

static void misuse(void)
{
	static const struct bug bugs[] = {
		{ndis_high,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x2, 0xF, 0x200, 0x8): allocation of 8 "
		 "bytes of nonpaged pool at IRQL 15 (a device's), called by ~",
		 "NdisAllocateMemoryWithTagPriority above DISPATCH_LEVEL"},
		{ndis_flags,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x16, 0x0, @, 0x0): NdisFreeMemory "
		 "with "
		 "MemoryFlags, of memory that has none, called by ~",
		 "NdisFreeMemory with flags"},
		{ndis_twice,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, @): double free of block @ of 8 bytes, tag "
		 "Port, allocated by ~; freed, called by ~",
		 "NdisFreeMemory twice"},
		{storport_twice,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, @): double free of block @ of 8 bytes, tag "
		 "Port, allocated by ~; freed, called by ~",
		 "StorPortFreePool twice"},
		{filter_high,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1, 0x2, 0x1, 0x8): allocation of 8 "
		 "bytes of paged pool at IRQL 2 (DISPATCH_LEVEL), called by ~",
		 "FltAllocatePoolAlignedWithTag of paged pool at DISPATCH_LEVEL"},
		{filter_tag,
		 "BAD_POOL_CALLER (0xC2, 0xA, @, 0x74726F50, 0x6C74654E): free with tag Netl of "
		 "block @ of 8 bytes, tag Port, allocated by ~; freed, called by ~",
		 "FltFreePoolAlignedWithTag with another tag"},
	};

	for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
		bugcheck_like(bugs[i].bug, bugs[i].line, bugs[i].name);
}

/* Every allocation of this function fails: the option says so. */
static void shortage(void)
{
	PVOID block = &block;

	ok(NdisAllocateMemoryWithTagPriority(NULL, 8, TAG, NormalPoolPriority) == NULL &&
		   FltAllocatePoolAlignedWithTag(NULL, PagedPool, 8, TAG) == NULL,
	   "NULL when there is no memory");
	ok(StorPortAllocatePool(NULL, 8, TAG, &block) == STOR_STATUS_INSUFFICIENT_RESOURCES &&
		   block == NULL,
	   "StorPortAllocatePool: STOR_STATUS_INSUFFICIENT_RESOURCES");
}

int main(int count, char **arguments)
{
	UNREFERENCED_PARAMETER(count);
	if (getenv("DDK_SHORTAGE") == NULL) {
		setenv("DDK_SHORTAGE", "1", 1);
		start_again(arguments, "fault_site=*!shortage");
	}
	ndis();
	storport();
	storport_errors();
	filter();
	shortage();
	misuse();
	return done();
}
