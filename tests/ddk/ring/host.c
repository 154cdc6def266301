// SPDX-License-Identifier: BSD-2-Clause
/*
 * host.c - loads the ring driver, sends it requests from several threads, unloads it
 *
 * host REQUESTS THREADS [wait]: says "loaded" and what became of the requests; with `wait` it goes on
 * to the unload when a line comes in. A driver that does not load for want of memory is loaded again.
 * Exit status 0 when every answer was a right one.
 */
#include <ntddk.h>
#include <wdf.h>

#include "public.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

DRIVER_INITIALIZE DriverEntry;

#define LOAD_TRIES  200
#define THREADS_MAX 64

/* What a thread asked, and what it was told. */
struct worker {
	pthread_t thread;
	WDFDEVICE device;
	ULONG64 requests;
	ULONG64 succeeded, empty, out_of_memory, wrong;
	UCHAR number;
};

/* An entry's bytes are all its thread's number and its length. */
static int is_entry(const UCHAR *bytes, ULONG_PTR length)
{
	if (length == 0 || length > RING_ENTRY_MAX)
		return 0;
	for (ULONG_PTR i = 1; i < length; i++)
		if (bytes[i] != (UCHAR)(bytes[0] ^ length))
			return 0;
	return 1;
}

static void fill_entry(UCHAR *bytes, size_t length, UCHAR number)
{
	memset(bytes, number ^ (int)length, length);
	bytes[0] = number;
}

/* 1 when a request that succeeded has told the truth. */
static int is_right(const POOLTAG_REQUEST *request)
{
	switch (request->IoControlCode) {
	case IOCTL_RING_PUT:
		return request->Information == request->InputLength;
	case IOCTL_RING_GET:
		return is_entry((const UCHAR *)request->Output, request->Information);
	case IOCTL_RING_STATE:
		return strncmp((const char *)request->Output, "put ", 4) == 0;
	default:
		return request->Information <= request->OutputLength;
	}
}

static ULONG code_for(ULONG64 i)
{
	if (i % 1000 == 999)
		return IOCTL_RING_STATE;
	if (i % 100 == 99)
		return IOCTL_RING_COPY;
	return i % 2 == 0 ? IOCTL_RING_PUT : IOCTL_RING_GET;
}

static void send_one(struct worker *worker, ULONG64 i)
{
	UCHAR input[RING_ENTRY_MAX], output[4096];
	POOLTAG_REQUEST request = {};
	NTSTATUS status;

	request.Type = WdfRequestTypeDeviceControl;
	request.IoControlCode = code_for(i);
	if (request.IoControlCode == IOCTL_RING_PUT) {
		request.Input = input;
		request.InputLength = 1 + i % RING_ENTRY_MAX;
		fill_entry(input, request.InputLength, worker->number);
	} else {
		request.Output = output;
		request.OutputLength =
			request.IoControlCode == IOCTL_RING_GET ? RING_ENTRY_MAX : sizeof(output);
	}
	status = PooltagDeviceRequest(worker->device, &request);
	if (status == STATUS_INSUFFICIENT_RESOURCES)
		worker->out_of_memory++;
	else if (status == STATUS_NO_MORE_ENTRIES)
		worker->empty++;
	else if (NT_SUCCESS(status) && is_right(&request))
		worker->succeeded++;
	else
		worker->wrong++;
}

static void *work(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	for (ULONG64 i = 0; i < worker->requests; i++)
		send_one(worker, i);
	return NULL;
}

/* The driver and its device; how often memory was short meanwhile, or -1. */
static int load(PDRIVER_OBJECT *driver, WDFDEVICE *device)
{
	for (int failures = 0; failures < LOAD_TRIES; failures++) {
		NTSTATUS status = PooltagDriverLoad("ringdrv", DriverEntry, driver);

		if (NT_SUCCESS(status)) {
			status = PooltagDeviceAdd(*driver, device);
			if (NT_SUCCESS(status))
				return failures;
			PooltagDriverUnload(*driver);
		}
		if (status != STATUS_INSUFFICIENT_RESOURCES)
			return -1;
	}
	return -1;
}

int main(int argc, char **argv)
{
	ULONG64 requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	size_t threads = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	static struct worker workers[THREADS_MAX];
	struct worker sum = {};
	PDRIVER_OBJECT driver;
	WDFDEVICE device;
	int failures = load(&driver, &device);

	if (failures < 0 || threads == 0 || threads > THREADS_MAX) {
		puts("not loaded");
		return 1;
	}
	for (size_t i = 0; i < threads; i++) {
		workers[i].device = device;
		workers[i].requests = requests / threads;
		workers[i].number = (UCHAR)(i + 1);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (size_t i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sum.succeeded += workers[i].succeeded;
		sum.empty += workers[i].empty;
		sum.out_of_memory += workers[i].out_of_memory;
		sum.wrong += workers[i].wrong;
	}
	printf("%d failed loads, %lu succeeded, %lu empty, %lu out of memory, %lu wrong\n",
	       failures, sum.succeeded, sum.empty, sum.out_of_memory, sum.wrong);
	fflush(stdout);
	if (argc > 3)
		getchar();
	PooltagDeviceRemove(device);
	PooltagDriverUnload(driver);
	puts("unloaded");
	return sum.wrong != 0;
}
