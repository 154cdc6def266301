/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_driver.c - framework drivers, devices and queues
 *
 * Purpose: what stands above memory objects in the tree. Queues only hold the driver's callbacks.
 * Callers: drivers; hosts of drivers. Locking: loading and unloading is its caller's to serialise.
 * Context: PASSIVE_LEVEL.
 */
#include "lib/kernel/driver.h"
#include "lib/kernel/wdf_device.h"

/* The tag where a driver has none: FxDr. */
#define FRAMEWORK_TAG POOLTAG_TAG('F', 'x', 'D', 'r')
/* What the headers' ExAllocatePool was defined to pass, which says nothing: Ddk and a blank. */
#define DDK_TAG POOLTAG_TAG('D', 'd', 'k', ' ')

struct driver {
	PDRIVER_OBJECT object;
	WDF_DRIVER_CONFIG config;
};

/* Given to EvtDriverDeviceAdd; the device it becomes. */
struct WDFDEVICE_INIT {
	struct wdf_object *device;
};

struct wdf_object *wdf_driver;
static uint32_t driver_tag;

uint32_t wdf_driver_tag(void)
{
	return driver_tag != 0 ? driver_tag : FRAMEWORK_TAG;
}

static struct driver *driver_in(struct wdf_object *object)
{
	return (struct driver *)(void *)object->payload;
}

struct wdf_device *wdf_device_in(struct wdf_object *object)
{
	return (struct wdf_device *)(void *)object->payload;
}

struct wdf_queue *wdf_queue_in(struct wdf_object *object)
{
	return (struct wdf_queue *)(void *)object->payload;
}

/* --- tag ------------------------------------------------------------------------------------ */

static int is_wdf(const WCHAR *name, size_t length)
{
	return length >= 3 && (name[0] | 0x20) == 'w' && (name[1] | 0x20) == 'd' &&
	       (name[2] | 0x20) == 'f';
}

/*
 * The first four characters of the service's name, without a leading WDF; FxDr when that leaves two
 * or fewer.
 */
static uint32_t tag_of_service(const UNICODE_STRING *path)
{
	size_t length = path->Length / sizeof(WCHAR);
	const WCHAR *name = path->Buffer + length;
	uint32_t tag = 0;

	while (name > path->Buffer && name[-1] != '\\')
		name--;
	length -= (size_t)(name - path->Buffer);
	if (is_wdf(name, length)) {
		name += 3;
		length -= 3;
	}
	if (length <= 2)
		return FRAMEWORK_TAG;
	for (size_t i = 0; i < 4; i++)
		tag |= (uint32_t)(i < length ? (name[i] & 0x7f) : ' ') << (8 * i);
	return tag;
}

/* --- driver --------------------------------------------------------------------------------- */

static void forget_driver(struct wdf_object *object)
{
	(void)object;
	driver_tag = 0;
}

void kernel_driver_failed(void)
{
	struct wdf_object *object = wdf_driver;

	if (object == NULL)
		return;
	wdf_object_delete(object);
	wdf_driver = NULL;
}

/* The framework's unload routine. */
static void unload(PDRIVER_OBJECT driver_object)
{
	struct driver *driver = driver_in(wdf_driver);

	(void)driver_object;
	if (driver->config.EvtDriverUnload != NULL) {
		struct wdf_call call = wdf_call_begin();

		driver->config.EvtDriverUnload((WDFDRIVER)wdf_driver);
		wdf_call_end(call, (uintptr_t)driver->config.EvtDriverUnload, "EvtDriverUnload");
	}
	kernel_driver_failed();
}

BASE_EXPORT NTSTATUS WdfDriverCreate(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
				     PWDF_OBJECT_ATTRIBUTES DriverAttributes,
				     PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_DRIVER,
		.parenthood = WDF_PARENT_NONE,
		.payload = sizeof(struct driver),
		.attributes = DriverAttributes,
		.destroy = forget_driver,
		.frame = POOL_FRAME_KEPT(),
	};
	const void *caller = __builtin_return_address(0);
	struct wdf_object *object;
	NTSTATUS status;

	wdf_check_pointer(DriverObject, "WdfDriverCreate: DriverObject is NULL", caller);
	wdf_check_pointer(RegistryPath, "WdfDriverCreate: RegistryPath is NULL", caller);
	wdf_check_pointer(DriverConfig, "WdfDriverCreate: DriverConfig is NULL", caller);
	if (DriverConfig->Size != sizeof(*DriverConfig))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (wdf_driver != NULL)
		return STATUS_DRIVER_INTERNAL_ERROR;
	driver_tag = DriverConfig->DriverPoolTag != 0 && DriverConfig->DriverPoolTag != DDK_TAG
			     ? DriverConfig->DriverPoolTag
			     : tag_of_service(RegistryPath);
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status)) {
		driver_tag = 0;
		return status;
	}
	driver_in(object)->object = DriverObject;
	driver_in(object)->config = *DriverConfig;
	DriverObject->DriverUnload = unload;
	wdf_driver = object;
	if (Driver != NULL)
		*Driver = (WDFDRIVER)object;
	return STATUS_SUCCESS;
}

BASE_EXPORT WDFDRIVER WdfGetDriver(void)
{
	return (WDFDRIVER)wdf_driver;
}

BASE_EXPORT PDRIVER_OBJECT WdfDriverWdmGetDriverObject(WDFDRIVER Driver)
{
	return driver_in(wdf_object_of(Driver, WDF_TYPE_DRIVER, "WdfDriverWdmGetDriverObject",
				       __builtin_return_address(0)))
		->object;
}

/* --- device --------------------------------------------------------------------------------- */

BASE_EXPORT NTSTATUS PooltagDeviceAdd(PDRIVER_OBJECT DriverObject, WDFDEVICE *Device)
{
	struct WDFDEVICE_INIT init = {NULL};
	struct driver *driver = wdf_driver != NULL ? driver_in(wdf_driver) : NULL;
	struct wdf_call call;
	NTSTATUS status;

	*Device = NULL;
	if (driver == NULL || driver->object != DriverObject ||
	    driver->config.EvtDriverDeviceAdd == NULL)
		return STATUS_INVALID_PARAMETER;
	call = wdf_call_begin();
	status = driver->config.EvtDriverDeviceAdd((WDFDRIVER)wdf_driver, &init);
	wdf_call_end(call, (uintptr_t)driver->config.EvtDriverDeviceAdd, "EvtDriverDeviceAdd");
	if (!NT_SUCCESS(status) && init.device != NULL)
		wdf_object_delete(init.device);
	else
		*Device = (WDFDEVICE)init.device;
	return status;
}

BASE_EXPORT void PooltagDeviceRemove(WDFDEVICE Device)
{
	wdf_object_delete(wdf_object_of(Device, WDF_TYPE_DEVICE, "PooltagDeviceRemove",
					__builtin_return_address(0)));
}

BASE_EXPORT NTSTATUS WdfDeviceCreate(PWDFDEVICE_INIT *DeviceInit,
				     PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_DEVICE,
		.parenthood = WDF_PARENT_NONE,
		.payload = sizeof(struct wdf_device),
		.attributes = DeviceAttributes,
		.frame = POOL_FRAME_KEPT(),
	};
	const void *caller = __builtin_return_address(0);
	struct wdf_object *object;
	NTSTATUS status;

	wdf_check_pointer(DeviceInit, "WdfDeviceCreate: DeviceInit is NULL", caller);
	wdf_check_pointer(Device, "WdfDeviceCreate: Device is NULL", caller);
	if (*DeviceInit == NULL)
		return STATUS_INVALID_PARAMETER;
	if ((*DeviceInit)->device != NULL)
		return STATUS_INVALID_DEVICE_STATE;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status))
		return status;
	(*DeviceInit)->device = object;
	*DeviceInit = NULL;
	*Device = (WDFDEVICE)object;
	return STATUS_SUCCESS;
}

BASE_EXPORT WDFDRIVER WdfDeviceGetDriver(WDFDEVICE Device)
{
	wdf_object_of(Device, WDF_TYPE_DEVICE, "WdfDeviceGetDriver", __builtin_return_address(0));
	return (WDFDRIVER)wdf_driver;
}

BASE_EXPORT WDFQUEUE WdfDeviceGetDefaultQueue(WDFDEVICE Device)
{
	return (WDFQUEUE)wdf_device_in(wdf_object_of(Device, WDF_TYPE_DEVICE,
						     "WdfDeviceGetDefaultQueue",
						     __builtin_return_address(0)))
		->default_queue;
}

/* --- queue ---------------------------------------------------------------------------------- */

static int has_handler(const WDF_IO_QUEUE_CONFIG *config)
{
	return config->EvtIoDefault != NULL || config->EvtIoRead != NULL ||
	       config->EvtIoWrite != NULL || config->EvtIoDeviceControl != NULL ||
	       config->EvtIoInternalDeviceControl != NULL;
}

BASE_EXPORT NTSTATUS WdfIoQueueCreate(WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config,
				      PWDF_OBJECT_ATTRIBUTES QueueAttributes, WDFQUEUE *Queue)
{
	struct wdf_object *device = wdf_object_of(Device, WDF_TYPE_DEVICE, "WdfIoQueueCreate",
						  __builtin_return_address(0));
	struct wdf_plan plan = {
		.type = WDF_TYPE_QUEUE,
		.payload = sizeof(struct wdf_queue),
		.attributes = QueueAttributes,
		.parent = device,
		.frame = POOL_FRAME_KEPT(),
	};
	struct wdf_object *object;
	NTSTATUS status;

	wdf_check_pointer(Config, "WdfIoQueueCreate: Config is NULL", __builtin_return_address(0));
	if (Config->Size != sizeof(*Config))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (Config->DispatchType <= WdfIoQueueDispatchInvalid ||
	    Config->DispatchType > WdfIoQueueDispatchManual)
		return STATUS_INVALID_PARAMETER;
	if (Config->DispatchType != WdfIoQueueDispatchManual && !has_handler(Config))
		return STATUS_WDF_NO_CALLBACK;
	if (Config->DefaultQueue && wdf_device_in(device)->default_queue != NULL)
		return STATUS_UNSUCCESSFUL;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status))
		return status;
	*wdf_queue_in(object) = (struct wdf_queue){.device = device, .config = *Config};
	if (Config->DefaultQueue) {
		wdf_device_in(device)->default_queue = object;
		object->kept = 1;
	}
	if (Queue != NULL)
		*Queue = (WDFQUEUE)object;
	return STATUS_SUCCESS;
}

BASE_EXPORT WDFDEVICE WdfIoQueueGetDevice(WDFQUEUE Queue)
{
	return (WDFDEVICE)wdf_queue_in(wdf_object_of(Queue, WDF_TYPE_QUEUE, "WdfIoQueueGetDevice",
						     __builtin_return_address(0)))
		->device;
}
