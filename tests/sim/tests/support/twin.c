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

static void paint(const nvmm_sim_launch *launch, uint64_t surface, uint64_t texture) {
  nvmm_sim_object to, from;
  if (launch->object(surface, &to) != 0 || launch->object(texture, &from) != 0) return;
  if (!to.is_surface || from.is_surface || to.element_bytes != from.element_bytes) return;
  for (uint32_t z = 0; z < to.depth; z++)
    for (uint32_t y = 0; y < to.height; y++)
      for (uint32_t x = 0; x < to.width * to.element_bytes; x++) {
        /* Clamped, as address mode 1 has it. */
        uint32_t row = y < from.height ? y : from.height - 1;
        uint32_t last = from.width * from.element_bytes - 1;
        to.pixels[z * to.slice + y * to.pitch + x] =
            (uint8_t)~from.pixels[row * from.pitch + (x < last ? x : last)];
      }
}

/* paint(surface to, texture from): to = ~from */
void nvmm_twin_paint(const nvmm_sim_launch *launch, void *const *params) {
  paint(launch, *(uint64_t *)params[0], *(uint64_t *)params[1]);
}

/* paint_all(u64 list): the same with the two handles in device memory */
void nvmm_twin_paint_all(const nvmm_sim_launch *launch, void *const *params) {
  const uint64_t *list = *(const uint64_t **)params[0];
  paint(launch, list[0], list[1]);
}

/* shape(u64 to): the launch itself, as seven numbers */
void nvmm_twin_shape(const nvmm_sim_launch *launch, void *const *params) {
  memcpy(*(void **)params[0], launch, sizeof *launch);
}
