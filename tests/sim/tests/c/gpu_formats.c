/* Makes a surface of each format that it is given, and says which steps worked (0) or not (-1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvbufsurface.h"

int main(int count, char **formats) {
  int i;

  for (i = 1; i < count; i++) {
    NvBufSurfaceCreateParams params;
    NvBufSurface *surface = NULL;
    int made, mapped = -1, image = -1;

    memset(&params, 0, sizeof(params));
    params.width = 64;
    params.height = 32;
    params.colorFormat = (NvBufSurfaceColorFormat)atoi(formats[i]);
    made = NvBufSurfaceCreate(&surface, 1, &params);
    if (made == 0) {
      mapped = NvBufSurfaceMap(surface, 0, -1, NVBUF_MAP_READ_WRITE);
      NvBufSurfaceUnMap(surface, 0, -1);
      image = NvBufSurfaceMapEglImage(surface, 0);
      if (image == 0) NvBufSurfaceUnMapEglImage(surface, 0);
      NvBufSurfaceDestroy(surface);
    }
    printf("format %s: made %d, mapped %d, EGLImage %d\n", formats[i], made, mapped, image);
  }
  return 0;
}
