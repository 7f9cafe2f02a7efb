/* Writes one byte too far into what the library allocated. Built with a sanitizer. */
#include <string.h>

#include "nvbufsurface.h"

int main(int argc, char **argv) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;
  volatile char *end = NULL;

  memset(&params, 0, sizeof(params));
  params.width = 64;
  params.height = 64;
  params.colorFormat = NVBUF_COLOR_FORMAT_RGBA;
  if (argc != 2 || NvBufSurfaceCreate(&surface, 2, &params) != 0) return 2;
  if (strcmp(argv[1], "surface") == 0) end = (volatile char *)(surface + 1);
  if (strcmp(argv[1], "list") == 0) end = (volatile char *)(surface->surfaceList + 2);
  if (end != NULL) *end = 1;
  return NvBufSurfaceDestroy(surface);
}
