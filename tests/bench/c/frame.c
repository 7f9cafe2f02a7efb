/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "frame.h"

#include <dlfcn.h>

BenchPlatform bench_platform;
CUcontext bench_context;

const char *bench_init(void) {
  void *cuda = dlopen("libcuda.so.1", RTLD_NOW), *surfaces = dlopen("libnvbufsurface.so.1.0.0", RTLD_NOW);

  if (cuda == NULL || surfaces == NULL) return dlerror();
#define FIND(library, name)                                                     \
  if ((*(void **)&bench_platform.name = dlsym(library, #name)) == NULL) return #name
  FIND(cuda, cuInit);
  FIND(cuda, cuDevicePrimaryCtxRetain);
  FIND(cuda, cuCtxPushCurrent_v2);
  FIND(cuda, cuCtxPopCurrent_v2);
  FIND(cuda, cuStreamCreate);
  FIND(cuda, cuStreamDestroy_v2);
  FIND(cuda, cuStreamSynchronize);
  FIND(cuda, cuStreamWaitEvent);
  FIND(cuda, cuEventCreate);
  FIND(cuda, cuEventRecord);
  FIND(cuda, cuEventSynchronize);
  FIND(cuda, cuEventDestroy_v2);
  FIND(cuda, cuGraphicsEGLRegisterImage);
  FIND(cuda, cuGraphicsResourceGetMappedEglFrame);
  FIND(cuda, cuGraphicsUnregisterResource);
  FIND(surfaces, NvBufSurfaceCreate);
  FIND(surfaces, NvBufSurfaceDestroy);
  FIND(surfaces, NvBufSurfaceMapEglImage);
  FIND(surfaces, NvBufSurfaceUnMapEglImage);
#undef FIND
  if (bench_platform.cuInit(0) != 0) return "cuInit";
  return bench_platform.cuDevicePrimaryCtxRetain(&bench_context, 0) == 0 ? NULL : "cuDevicePrimaryCtxRetain";
}

static GQuark registration_quark(void) {
  static GQuark quark;

  if (G_UNLIKELY(quark == 0)) quark = g_quark_from_static_string("bench-registration");
  return quark;
}

static void registration_free(gpointer data) {
  BenchRegistration *registration = data;
  CUcontext popped;

  bench_platform.cuCtxPushCurrent_v2(bench_context);
  if (registration->event != NULL) {
    bench_platform.cuEventSynchronize(registration->event);
    bench_platform.cuEventDestroy_v2(registration->event);
  }
  bench_platform.cuGraphicsUnregisterResource(registration->resource);
  bench_platform.NvBufSurfaceUnMapEglImage(registration->surface, 0);
  bench_platform.cuCtxPopCurrent_v2(&popped);
  g_mutex_clear(&registration->lock);
  g_free(registration);
}

/* Once per memory. */
static BenchRegistration *registration_new(GstMemory *memory, NvBufSurface *surface) {
  BenchRegistration *registration = g_new0(BenchRegistration, 1);
  CUcontext popped;
  gboolean done;

  registration->surface = surface;
  g_mutex_init(&registration->lock);
  bench_platform.cuCtxPushCurrent_v2(bench_context);
  done = bench_platform.NvBufSurfaceMapEglImage(surface, 0) == 0 &&
         bench_platform.cuGraphicsEGLRegisterImage(&registration->resource,
                                                   surface->surfaceList[0].mappedAddr.eglImage, 0) == 0 &&
         bench_platform.cuGraphicsResourceGetMappedEglFrame(&registration->frame, registration->resource, 0, 0) == 0 &&
         /* Without time stamps. */
         bench_platform.cuEventCreate(&registration->event, 2) == 0;
  bench_platform.cuCtxPopCurrent_v2(&popped);
  if (!done) {
    g_mutex_clear(&registration->lock);
    g_free(registration);
    return NULL;
  }
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(memory), registration_quark(), registration, registration_free);
  return registration;
}

/* Whether a surface is what the caps say, as far as C elements look. */
static gboolean surface_fits(const NvBufSurface *surface, const GstVideoInfo *info) {
  const NvBufSurfaceParams *params;

  if (surface->batchSize != 1 || surface->surfaceList == NULL) return FALSE;
  params = &surface->surfaceList[0];
  return params->width == (guint)GST_VIDEO_INFO_WIDTH(info) && params->height == (guint)GST_VIDEO_INFO_HEIGHT(info) &&
         params->colorFormat == NVBUF_COLOR_FORMAT_RGBA && params->planeParams.num_planes == GST_VIDEO_INFO_N_PLANES(info);
}

gboolean bench_frame_open(BenchFrame *frame, GstBuffer *buffer, const GstVideoInfo *info) {
  GstMapInfo map;
  GstMemory *memory;
  BenchRegistration *registration = NULL;

  if (gst_buffer_n_memory(buffer) != 1) return FALSE;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return FALSE;
  memory = gst_buffer_peek_memory(buffer, 0);
  if (map.size == sizeof(NvBufSurface) && surface_fits((const NvBufSurface *)map.data, info)) {
    registration = gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(memory), registration_quark());
    if (G_UNLIKELY(registration == NULL)) registration = registration_new(memory, (NvBufSurface *)map.data);
  }
  gst_buffer_unmap(buffer, &map);
  if (registration == NULL) return FALSE;
  frame->buffer = gst_buffer_ref(buffer);
  frame->registration = registration;
  frame->info = *info;
  return TRUE;
}

void bench_frame_close(BenchFrame *frame) {
  gst_buffer_unref(frame->buffer);
  frame->buffer = NULL;
}

gboolean bench_frame_begin(BenchFrame *frame, CUstream stream) {
  BenchRegistration *registration = frame->registration;
  CUresult code = 0;

  g_mutex_lock(&registration->lock);
  if (registration->is_pending) code = bench_platform.cuStreamWaitEvent(stream, registration->event, 0);
  g_mutex_unlock(&registration->lock);
  return code == 0;
}

gboolean bench_frame_end(BenchFrame *frame, CUstream stream) {
  BenchRegistration *registration = frame->registration;
  CUresult code;

  g_mutex_lock(&registration->lock);
  code = bench_platform.cuEventRecord(registration->event, stream);
  registration->is_pending = code == 0;
  g_mutex_unlock(&registration->lock);
  return code == 0;
}
