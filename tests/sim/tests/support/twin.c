/* Host twins for the simulator's own tests. */
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvmm_sim_kernel.h"

struct picture {
  uint8_t *pixels;
  uint32_t pitch, width, height;
};

static void sleep_ms(uint32_t ms) {
  struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
  nanosleep(&t, NULL);
}

/* fill(picture, u32 delay_ms, u8 value) */
void nvmm_twin_fill(const nvmm_sim_launch *launch, void *const *params) {
  struct picture picture;
  memcpy(&picture, params[0], sizeof picture);
  sleep_ms(*(uint32_t *)params[1]);
  if (launch->block[0] == 0) return;
  for (uint32_t y = 0; y < picture.height; y++)
    memset(picture.pixels + (size_t)y * picture.pitch, *(uint8_t *)params[2], picture.width);
}

/* add(u64 to, u64 from, u32 count): to[i] += from[i] */
void nvmm_twin_add(const nvmm_sim_launch *launch, void *const *params) {
  uint8_t *to = *(uint8_t **)params[0], *from = *(uint8_t **)params[1];
  (void)launch;
  for (uint32_t i = 0; i < *(uint32_t *)params[2]; i++) to[i] += from[i];
}

/* shape(u64 to): the launch itself, as seven numbers */
void nvmm_twin_shape(const nvmm_sim_launch *launch, void *const *params) {
  memcpy(*(void **)params[0], launch, sizeof *launch);
}
