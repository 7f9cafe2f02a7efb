//! Where the facts are from, by name.
#![forbid(unsafe_code)]

pub(crate) const SURFACE_H: &str = "nvbufsurface.h";
pub(crate) const TRANSFORM_H: &str = "nvbufsurftransform.h";
pub(crate) const UTILS_H: &str = "nvbuf_utils.h";
/// The steps of NVIDIA's converter, which all others follow.
pub(crate) const NVVIDCONV: &str = "L4T R32.7.1 and R35.4.1 gst-nvvidconv source";
pub(crate) const DSEXAMPLE: &str = "DeepStream gst-dsexample source";
pub(crate) const NVSTREAMMUX: &str = "DeepStream 9.1 gst-nvstreammux source";
pub(crate) const TEGRA_NOTE: &str = "CUDA for Tegra application note";
pub(crate) const DRIVER_API: &str = "CUDA driver API reference";
pub(crate) const EGL_H: &str = "cudaEGL.h of CUDA 11.8, 12.6 and 13";
pub(crate) const GSTCUDA: &str = "GStreamer 1.26 gst-libs/gst/cuda source";
pub(crate) const MMAPI: &str = "jetson_multimedia_api samples, NvCudaProc";
pub(crate) const VIDEO_CONVERT: &str = "jetson_multimedia_api sample 07_video_convert";
pub(crate) const BT601: &str = "ITU-R BT.601, limited range";
pub(crate) const PITCH_REPORTS: &str =
    "nvbufsurface.h; pitches reported for Xavier NX by gst-nvmm-cpp";
pub(crate) const OUR_LAYOUT: &str = "nvbufsurface.h, compared with 25 published headers";
/// A desktop GPU: what a Jetson does is another question.
pub(crate) const H100: &str = "measured on an H100, driver 580.159";
