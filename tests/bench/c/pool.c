/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "frame.h"

typedef struct {
  GstBufferPool parent;
  GstVideoInfo info;
} BenchPool;

typedef GstBufferPoolClass BenchPoolClass;

GType bench_pool_get_type(void);
G_DEFINE_TYPE(BenchPool, bench_pool, GST_TYPE_BUFFER_POOL)

static void destroy(gpointer surface) { bench_platform.NvBufSurfaceDestroy(surface); }

static GstFlowReturn alloc_buffer(GstBufferPool *object, GstBuffer **buffer, GstBufferPoolAcquireParams *params) {
  BenchPool *pool = (BenchPool *)object;
  NvBufSurfaceCreateParams create = {0};
  NvBufSurface *surface = NULL;

  (void)params;
  create.width = GST_VIDEO_INFO_WIDTH(&pool->info);
  create.height = GST_VIDEO_INFO_HEIGHT(&pool->info);
  create.colorFormat = NVBUF_COLOR_FORMAT_RGBA;
  create.layout = NVBUF_LAYOUT_PITCH;
  create.memType = NVBUF_MEM_DEFAULT;
  if (bench_platform.NvBufSurfaceCreate(&surface, 1, &create) != 0) return GST_FLOW_ERROR;
  surface->numFilled = 1;
  *buffer = gst_buffer_new_wrapped_full(0, surface, sizeof(NvBufSurface), 0, sizeof(NvBufSurface), surface, destroy);
  return GST_FLOW_OK;
}

static void bench_pool_class_init(BenchPoolClass *class) { class->alloc_buffer = alloc_buffer; }
static void bench_pool_init(BenchPool *pool) { gst_video_info_init(&pool->info); }

GstBufferPool *bench_pool_new(GstCaps *caps, guint min, guint max) {
  BenchPool *pool = g_object_new(bench_pool_get_type(), NULL);
  GstStructure *config = gst_buffer_pool_get_config(GST_BUFFER_POOL_CAST(pool));

  gst_object_ref_sink(pool);
  gst_buffer_pool_config_set_params(config, caps, sizeof(NvBufSurface), min, max);
  if (!gst_video_info_from_caps(&pool->info, caps) || !gst_buffer_pool_set_config(GST_BUFFER_POOL_CAST(pool), config)) {
    gst_object_unref(pool);
    return NULL;
  }
  return GST_BUFFER_POOL_CAST(pool);
}
