/*
 * A library of the simulated platform: its own SONAME and symbols, each a jump into the core.
 *
 * Built once per release and library with -DRELEASE="NAME", -DLIBRARY="SONAME" and
 * -DSYMBOLS="FILE", a list of SYMBOL(name).
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvmm_sim.h"

#define HIDDEN __attribute__((visibility("hidden")))

/* A pointer for each function, ... */
#define SYMBOL(name) HIDDEN void *nvmm_sim_to_##name;
#include SYMBOLS
#undef SYMBOL

/* ... a jump through it that leaves every argument where it is, ... */
#if defined(__x86_64__)
#define JUMP(name) "jmp *nvmm_sim_to_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name)                        \
  "adrp x16, nvmm_sim_to_" #name "\n"     \
  "ldr x16, [x16, :lo12:nvmm_sim_to_" #name "]\n" \
  "br x16\n"
#else
#error "The simulated platform knows x86_64 and aarch64."
#endif

#define SYMBOL(name)                  \
  __asm__(".text\n"                   \
          ".balign 16\n"              \
          ".globl " #name "\n"        \
          ".type " #name ", %function\n" \
          #name ":\n" JUMP(name)      \
          ".size " #name ", . - " #name "\n");
#include SYMBOLS
#undef SYMBOL

/* ... and the core's address of it in the pointer before anybody can call. */
static void *find(const char *name) {
  void *address = nvmm_sim_resolve(LIBRARY, name);
  if (address == NULL) {
    fprintf(stderr, "nvmm-sim: the core has no %s of %s\n", name, LIBRARY);
    abort();
  }
  return address;
}

__attribute__((constructor)) static void fill(void) {
  /* Structs and numbers differ between releases: a mix would corrupt memory. */
  const char *release = nvmm_sim_release(RELEASE);
  if (strcmp(release, RELEASE) != 0) {
    fprintf(stderr,
            "nvmm-sim: this %s is of %s, the simulator of this process is set to %s "
            "(NVMM_SIM_RELEASE)\n",
            LIBRARY, RELEASE, release);
    abort();
  }
#define SYMBOL(name) nvmm_sim_to_##name = find(#name);
#include SYMBOLS
#undef SYMBOL
}
