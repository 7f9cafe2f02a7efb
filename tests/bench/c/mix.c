/*
 * A GstAggregator written by hand, which does what gst-nvmm's CudaAggregator does for a frame, and launches nothing:
 * takes what is due on each input, an output from a pool, maps and looks up all of them, has a stream wait for what is
 * pending on them, and leaves its own work pending; or, with memory of elements that know nothing of that, waits.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <gst/base/gstaggregator.h>

#include "frame.h"

#define MAX_INPUTS 8
#define OUTPUT_BUFFERS 4

typedef struct {
  GstAggregatorPad parent;
  GstVideoInfo info;
  /* The frame being shown, and the running time at which that ends. */
  GstBuffer *current;
  GstClockTime end;
} BenchPad;
typedef GstAggregatorPadClass BenchPadClass;

typedef struct {
  GstAggregator parent;
  gboolean synchronizes;
  CUstream stream;
  GstVideoInfo info;
  GstBufferPool *pool;
  guint64 frames;
} BenchMix;
typedef GstAggregatorClass BenchMixClass;

GType bench_pad_get_type(void);
G_DEFINE_TYPE(BenchPad, bench_pad, GST_TYPE_AGGREGATOR_PAD)
G_DEFINE_TYPE(BenchMix, bench_mix, GST_TYPE_AGGREGATOR)

static void bench_pad_init(BenchPad *pad) { gst_video_info_init(&pad->info); }
static void bench_pad_finalize(GObject *object) {
  gst_clear_buffer(&((BenchPad *)object)->current);
  G_OBJECT_CLASS(bench_pad_parent_class)->finalize(object);
}
static void bench_pad_class_init(BenchPadClass *class) { G_OBJECT_CLASS(class)->finalize = bench_pad_finalize; }

/* Moves an input on to what is due before `end`. */
static void pick(BenchPad *pad, GstClockTime start, GstClockTime end) {
  GstAggregatorPad *base = GST_AGGREGATOR_PAD(pad);
  GstBuffer *buffer;

  while ((buffer = gst_aggregator_pad_peek_buffer(base)) != NULL) {
    GstClockTime from, length = GST_BUFFER_DURATION(buffer);

    GST_OBJECT_LOCK(pad);
    from = gst_segment_to_running_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    GST_OBJECT_UNLOCK(pad);
    if (!GST_CLOCK_TIME_IS_VALID(from)) from = start;
    if (!GST_CLOCK_TIME_IS_VALID(length) || length == 0)
      length = gst_util_uint64_scale_int(GST_SECOND, GST_VIDEO_INFO_FPS_D(&pad->info), GST_VIDEO_INFO_FPS_N(&pad->info));
    if (from >= end) {
      gst_buffer_unref(buffer);
      break;
    }
    gst_aggregator_pad_drop_buffer(base);
    if (from + length <= start) {
      gst_buffer_unref(buffer);
      continue;
    }
    gst_clear_buffer(&pad->current);
    pad->current = buffer;
    pad->end = from + length;
    break;
  }
}

static GstFlowReturn compute(BenchMix *mix, BenchFrame *frames, guint count) {
  CUcontext popped;
  gboolean done = TRUE;
  guint i;

  if (bench_platform.cuCtxPushCurrent_v2(bench_context) != 0) return GST_FLOW_ERROR;
  if (mix->synchronizes) {
    /* Somebody else's inputs are finished; the output is finished before it goes on. */
    done = bench_platform.cuStreamSynchronize(mix->stream) == 0;
  } else {
    for (i = 0; i < count; i++) done &= bench_frame_begin(&frames[i], mix->stream);
    for (i = 0; i < count; i++) done &= bench_frame_end(&frames[i], mix->stream);
  }
  bench_platform.cuCtxPopCurrent_v2(&popped);
  return done ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn aggregate(GstAggregator *aggregator, gboolean timeout) {
  BenchMix *mix = (BenchMix *)aggregator;
  BenchFrame frames[MAX_INPUTS + 1];
  BenchPad *pads[MAX_INPUTS];
  GstClockTime start, end;
  GstBuffer *output = NULL;
  GstFlowReturn result;
  gboolean all_eos = TRUE;
  guint i, num_pads = 0, count = 0;
  GList *item;

  (void)timeout;
  if (mix->pool == NULL) return GST_AGGREGATOR_FLOW_NEED_DATA;
  start = gst_util_uint64_scale(mix->frames, GST_SECOND * GST_VIDEO_INFO_FPS_D(&mix->info), GST_VIDEO_INFO_FPS_N(&mix->info));
  end = gst_util_uint64_scale(mix->frames + 1, GST_SECOND * GST_VIDEO_INFO_FPS_D(&mix->info), GST_VIDEO_INFO_FPS_N(&mix->info));
  GST_OBJECT_LOCK(mix);
  for (item = GST_ELEMENT(mix)->sinkpads; item != NULL && num_pads < MAX_INPUTS; item = item->next)
    pads[num_pads++] = gst_object_ref(item->data);
  GST_OBJECT_UNLOCK(mix);
  for (i = 0; i < num_pads; i++) {
    pick(pads[i], start, end);
    if (gst_aggregator_pad_is_eos(GST_AGGREGATOR_PAD(pads[i])) && pads[i]->current != NULL && pads[i]->end <= start)
      gst_clear_buffer(&pads[i]->current);
    if (pads[i]->current != NULL || !gst_aggregator_pad_is_eos(GST_AGGREGATOR_PAD(pads[i]))) all_eos = FALSE;
  }
  result = all_eos ? GST_FLOW_EOS : gst_buffer_pool_acquire_buffer(mix->pool, &output, NULL);
  for (i = 0; result == GST_FLOW_OK && i < num_pads; i++) {
    if (pads[i]->current == NULL) continue;
    if (bench_frame_open(&frames[count], pads[i]->current, &pads[i]->info))
      count++;
    else
      result = GST_FLOW_ERROR;
  }
  if (result == GST_FLOW_OK) {
    result = bench_frame_open(&frames[count], output, &mix->info) ? GST_FLOW_OK : GST_FLOW_ERROR;
    if (result == GST_FLOW_OK) {
      count++;
      result = compute(mix, frames, count);
    }
  }
  for (i = 0; i < count; i++) bench_frame_close(&frames[i]);
  for (i = 0; i < num_pads; i++) gst_object_unref(pads[i]);
  if (result != GST_FLOW_OK) {
    gst_clear_buffer(&output);
    return result;
  }
  GST_BUFFER_PTS(output) = start;
  GST_BUFFER_DURATION(output) = end - start;
  mix->frames++;
  GST_OBJECT_LOCK(aggregator->srcpad);
  GST_AGGREGATOR_PAD(aggregator->srcpad)->segment.position = end;
  GST_OBJECT_UNLOCK(aggregator->srcpad);
  return gst_aggregator_finish_buffer(aggregator, output);
}

static gboolean sink_event(GstAggregator *aggregator, GstAggregatorPad *pad, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps *caps;

    gst_event_parse_caps(event, &caps);
    if (!gst_video_info_from_caps(&((BenchPad *)pad)->info, caps)) return FALSE;
    gst_pad_mark_reconfigure(aggregator->srcpad);
  }
  return GST_AGGREGATOR_CLASS(bench_mix_parent_class)->sink_event(aggregator, pad, event);
}

/* The output is like the inputs. */
static GstFlowReturn update_src_caps(GstAggregator *aggregator, GstCaps *caps, GstCaps **result) {
  GList *item;

  (void)caps;
  *result = NULL;
  GST_OBJECT_LOCK(aggregator);
  for (item = GST_ELEMENT(aggregator)->sinkpads; item != NULL && *result == NULL; item = item->next)
    *result = gst_pad_get_current_caps(item->data);
  GST_OBJECT_UNLOCK(aggregator);
  return *result != NULL ? GST_FLOW_OK : GST_AGGREGATOR_FLOW_NEED_DATA;
}

static gboolean negotiated_src_caps(GstAggregator *aggregator, GstCaps *caps) {
  return gst_video_info_from_caps(&((BenchMix *)aggregator)->info, caps);
}

static gboolean decide_allocation(GstAggregator *aggregator, GstQuery *query) {
  BenchMix *mix = (BenchMix *)aggregator;
  GstCaps *caps;

  gst_query_parse_allocation(query, &caps, NULL);
  if (mix->pool != NULL) return TRUE;
  mix->pool = bench_pool_new(caps, 0, OUTPUT_BUFFERS);
  return mix->pool != NULL && gst_buffer_pool_set_active(mix->pool, TRUE);
}

static gboolean start(GstAggregator *aggregator) {
  BenchMix *mix = (BenchMix *)aggregator;
  CUcontext popped;
  gboolean done;

  GST_OBJECT_LOCK(aggregator->srcpad);
  gst_segment_init(&GST_AGGREGATOR_PAD(aggregator->srcpad)->segment, GST_FORMAT_TIME);
  GST_OBJECT_UNLOCK(aggregator->srcpad);
  mix->frames = 0;
  bench_platform.cuCtxPushCurrent_v2(bench_context);
  /* Not in order with the default stream. */
  done = bench_platform.cuStreamCreate(&mix->stream, 1) == 0;
  bench_platform.cuCtxPopCurrent_v2(&popped);
  return done;
}

static gboolean stop(GstAggregator *aggregator) {
  BenchMix *mix = (BenchMix *)aggregator;
  CUcontext popped;
  GList *item;

  GST_OBJECT_LOCK(aggregator);
  for (item = GST_ELEMENT(aggregator)->sinkpads; item != NULL; item = item->next)
    gst_clear_buffer(&((BenchPad *)item->data)->current);
  GST_OBJECT_UNLOCK(aggregator);
  if (mix->pool != NULL) gst_buffer_pool_set_active(mix->pool, FALSE);
  gst_clear_object(&mix->pool);
  bench_platform.cuCtxPushCurrent_v2(bench_context);
  bench_platform.cuStreamSynchronize(mix->stream);
  bench_platform.cuStreamDestroy_v2(mix->stream);
  bench_platform.cuCtxPopCurrent_v2(&popped);
  return TRUE;
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  (void)id;
  (void)spec;
  ((BenchMix *)object)->synchronizes = g_value_get_boolean(value);
}

static void bench_mix_init(BenchMix *mix) { gst_video_info_init(&mix->info); }

static void bench_mix_class_init(BenchMixClass *class) {
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  GstCaps *caps = gst_caps_from_string("video/x-raw(memory:NVMM),format=RGBA");

  G_OBJECT_CLASS(class)->set_property = set_property;
  g_object_class_install_property(G_OBJECT_CLASS(class), 1,
                                  g_param_spec_boolean("synchronizes", "Synchronizes", "Waits for each frame", FALSE,
                                                       G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gst_element_class_set_static_metadata(element, "Mix by hand", "Filter/Video", "Does what CudaAggregator does",
                                        "The nvbuf-rs authors");
  gst_element_class_add_pad_template(
      element, gst_pad_template_new_with_gtype("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, caps, bench_pad_get_type()));
  gst_element_class_add_pad_template(
      element, gst_pad_template_new_with_gtype("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps, GST_TYPE_AGGREGATOR_PAD));
  gst_caps_unref(caps);
  class->aggregate = aggregate;
  class->sink_event = sink_event;
  class->update_src_caps = update_src_caps;
  class->negotiated_src_caps = negotiated_src_caps;
  class->decide_allocation = decide_allocation;
  /* No get_next_time: it is for live sources, of which there are none, and GStreamer's own is newer than 1.14. */
  class->start = start;
  class->stop = stop;
}
