// A library with NVML's names for the test of the meter: two GPUs whose counters rise at each reading.
#include <stdint.h>
#include <string.h>

static unsigned long long energy[2] = {100000, 900000};  // mJ

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = (void*)(uintptr_t)(index + 1);
  return index < 2 ? 0 : 2;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) {
  if (strcmp(id, "0000:01:00.0") == 0) return nvmlDeviceGetHandleByIndex_v2(0, device);
  if (strcmp(id, "0000:02:00.0") == 0) return nvmlDeviceGetHandleByIndex_v2(1, device);
  return 6;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  const int k = (int)(uintptr_t)device - 1;
  energy[k] += k == 0 ? 1500 : 2500;
  *millijoules = energy[k];
  return 0;
}
