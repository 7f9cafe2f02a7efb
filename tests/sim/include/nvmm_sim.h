/*
 * Control of the simulated platform. The library is libnvmm_sim.so; a program that runs on the
 * simulator gets at the copy in use with dlopen("libnvmm_sim.so", RTLD_NOW) and dlsym.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef NVMM_SIM_H_
#define NVMM_SIM_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The release that is simulated: as NVMM_SIM_RELEASE names it, else that of the shim that asks first.
 * A shim is of one release and asks before anything else. Ends the process with a message if the
 * variable names no release. */
const char *nvmm_sim_release(const char *shim);

/* The address of a function of a library (by SONAME), NULL if no release has it. For shims. */
void *nvmm_sim_resolve(const char *library, const char *name);

/* Writes the statistics as JSON with a final zero, cut at size bytes. Returns the size that all
 * of it needs. tests/sim/README.md describes the keys. */
size_t nvmm_sim_report(char *buffer, size_t size);

/* A number of the report's top level, the calls of a function, or how often a rule was broken, by
 * name. UINT64_MAX if there is no such name. */
uint64_t nvmm_sim_counter(const char *name);

/* Lets a call of a function fail: the next (number 1), the one after it (2), ... A CUDA function
 * returns error, a function of NVIDIA's buffer libraries too (-1 if error is 0, NULL where it gives
 * a pointer); nothing else happens. Calls of this add up: number 1 and number 3 of one function both
 * fail. "FUNCTION@SITE" counts and fails only calls from a site of the report. NVMM_SIM_FAIL_EVERY lets
 * every call from now on fail, 0 takes back all of the function (of the site). Returns 0, -1 for an
 * unknown function, -2 if NVMM_SIM_FAIL_MAX failures are armed already. */
#define NVMM_SIM_FAIL_EVERY UINT64_MAX
#define NVMM_SIM_FAIL_MAX 64
int nvmm_sim_fail(const char *function, uint64_t number, int error);

/* Lets every call of a function take so many microseconds more. 0 takes it back. Returns 0, or -1
 * for an unknown function. */
int nvmm_sim_delay(const char *function, uint64_t microseconds);

/* Lets the buffers of both buffer libraries and device memory have at most so many bytes together: what
 * would be more fails as if the machine were out of memory. 0 and UINT64_MAX are no limit. */
void nvmm_sim_memory(uint64_t bytes);

/* Sets all totals to zero; numbers of what is alive stay. */
void nvmm_sim_reset_counters(void);

#ifdef __cplusplus
}
#endif

#endif /* NVMM_SIM_H_ */
