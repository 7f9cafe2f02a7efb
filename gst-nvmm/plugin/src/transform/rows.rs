//! Copies pixels between a video frame in system memory and a mapped surface, row by row.

use gst_nvmm::nvbuf::PlanePtr;
use gst_nvmm::{CpuMap, Error, Result};
use gst_video::{VideoFrameExt, VideoFrameRef};

/// What is the same in a plane of either side.
struct Rows {
    rows: usize,
    bytes: usize,
    stride: usize,
}

fn rows(plane: &PlanePtr, stride: i32, len: usize) -> Result<Rows> {
    let (rows, bytes) = (plane.params.height as usize, plane.params.row_bytes());
    let stride = usize::try_from(stride).unwrap_or(0);
    let needed = rows
        .saturating_sub(1)
        .saturating_mul(stride)
        .saturating_add(bytes);
    if stride < bytes || needed > len {
        return Err(Error::Buffer(format!(
            "a plane of {rows} rows of {bytes} bytes does not fit {len} bytes in rows of {stride}: \
             the buffer is smaller than its caps say"
        )));
    }
    Ok(Rows {
        rows,
        bytes,
        stride,
    })
}

/// System memory to surface.
pub(super) fn upload(frame: &VideoFrameRef<&gst::BufferRef>, map: &CpuMap<'_>) -> Result<()> {
    for i in 0..map.num_planes() {
        let plane = map.plane(i)?;
        let data = frame
            .plane_data(i as u32)
            .map_err(|_| Error::Buffer(format!("the frame has no plane {i}")))?;
        let Rows {
            rows,
            bytes,
            stride,
        } = rows(&plane, frame.plane_stride()[i], data.len())?;
        for row in 0..rows {
            let from = &data[row * stride..][..bytes];
            // SAFETY: `row` is below the plane's height: inside its mapping.
            let to = unsafe { plane.data.add(row * plane.params.pitch as usize) };
            // SAFETY: `bytes` is at most the pitch: a row inside the mapping, which is writable and
            // ours alone; it is no part of `data`.
            unsafe { to.as_ptr().copy_from_nonoverlapping(from.as_ptr(), bytes) };
        }
    }
    Ok(())
}

/// Surface to system memory.
pub(super) fn download(
    map: &CpuMap<'_>,
    frame: &mut VideoFrameRef<&mut gst::BufferRef>,
) -> Result<()> {
    for i in 0..map.num_planes() {
        let plane = map.plane(i)?;
        let stride = frame.plane_stride()[i];
        let data = frame
            .plane_data_mut(i as u32)
            .map_err(|_| Error::Buffer(format!("the frame has no plane {i}")))?;
        let Rows {
            rows,
            bytes,
            stride,
        } = rows(&plane, stride, data.len())?;
        for row in 0..rows {
            let to = &mut data[row * stride..][..bytes];
            // SAFETY: `row` is below the plane's height: inside its mapping.
            let from = unsafe { plane.data.add(row * plane.params.pitch as usize) };
            // SAFETY: `bytes` is at most the pitch: a row inside the mapping; the work pending on
            // it was waited for, and it is no part of `data`.
            unsafe { from.as_ptr().copy_to_nonoverlapping(to.as_mut_ptr(), bytes) };
        }
    }
    Ok(())
}
