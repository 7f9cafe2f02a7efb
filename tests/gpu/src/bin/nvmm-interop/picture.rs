//! Pixels of textures by kernels and copies.

use std::sync::Arc;

use egl_cuda::cust::launch;
use egl_cuda::{
    CudaFrame, DeviceMemory, Kernel, MappedEglImage, PinnedMemory, PlaneLayout, Texture,
    TextureFormat,
};

use crate::{Gpu, Outcome, equal};

const WIDTH: u32 = 641;
const HEIGHT: u32 = 363;
const ROW: usize = WIDTH as usize * 4;

/// Inverts all but the last byte of each pixel of an array.
const PTX: &str = "
.version 4.2
.target sm_53
.address_size 64
.visible .entry invert(.param .u64 surface, .param .u32 width, .param .u32 height)
{
    .reg .pred %p<3>;
    .reg .b32 %r<10>;
    .reg .b64 %rd<2>;
    ld.param.u64 %rd1, [surface];
    ld.param.u32 %r1, [width];
    ld.param.u32 %r2, [height];
    mov.u32 %r3, %ctaid.x;
    mov.u32 %r4, %ntid.x;
    mov.u32 %r5, %tid.x;
    mad.lo.s32 %r6, %r3, %r4, %r5;
    mov.u32 %r7, %ctaid.y;
    setp.ge.u32 %p1, %r6, %r1;
    @%p1 bra DONE;
    setp.ge.u32 %p2, %r7, %r2;
    @%p2 bra DONE;
    shl.b32 %r8, %r6, 2;
    suld.b.2d.b32.trap {%r9}, [%rd1, {%r8, %r7}];
    xor.b32 %r9, %r9, 0x00ffffff;
    sust.b.2d.b32.trap [%rd1, {%r8, %r7}], {%r9};
DONE:
    ret;
}
";

/// The one plane of a texture.
pub(crate) fn plane(width: u32, height: u32) -> PlaneLayout {
    PlaneLayout {
        width,
        height,
        pitch: width * 4,
        bytes_per_pixel: 4,
    }
}

fn pixels(seed: usize) -> Vec<u8> {
    (0..ROW * HEIGHT as usize)
        .map(|i| (i * 31 + i / 253 + seed) as u8)
        .collect()
}

pub(crate) fn inverted(gpu: &Gpu, format: TextureFormat) -> Outcome {
    let texture = Texture::new(&gpu.gles, format, WIDTH, HEIGHT)?;
    let mut expected = pixels(1);
    texture.upload(&expected, ROW)?;
    let mapped = Arc::new(MappedEglImage::of_image(
        &gpu.context,
        &texture.egl_image()?,
    )?);
    let frame = CudaFrame::new(mapped, &[plane(WIDTH, HEIGHT)])?;

    let kernel = Kernel::from_ptx(&gpu.context, PTX, "invert")?;
    let (kernel, stream) = (&kernel, &gpu.stream);
    let object = frame.surface_object(0)?;
    // SAFETY: the kernel takes the object, which lives with `frame`, and its size; it stays within both.
    unsafe {
        launch!(kernel<<<(WIDTH.div_ceil(128), HEIGHT), 128, 0, stream>>>(object, WIDTH, HEIGHT))
    }?;
    stream.synchronize()?;

    for (i, byte) in expected.iter_mut().enumerate() {
        *byte ^= if i % 4 == 3 { 0 } else { 0xff };
    }
    let mut found = vec![0; expected.len()];
    texture.download(&mut found, ROW)?;
    let wrong = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
    equal("wrong bytes", wrong, 0)?;
    Ok(format!(
        "{WIDTH}x{HEIGHT}, colour format {:?}, every byte right",
        frame.color_format()
    ))
}

pub(crate) fn copied(gpu: &Gpu) -> Outcome {
    let texture = gpu.texture(WIDTH, HEIGHT)?;
    let written = pixels(2);
    texture.upload(&written, ROW)?;
    let mapped = Arc::new(MappedEglImage::of_image(
        &gpu.context,
        &texture.egl_image()?,
    )?);
    let frame = CudaFrame::new(mapped, &[plane(WIDTH, HEIGHT)])?;
    // array -> rows -> pinned memory
    let rows = DeviceMemory::pitched(&gpu.context, ROW, HEIGHT as usize)?;
    gpu.stream.copy(frame.source(0)?, rows.target())?;
    let mut pinned = PinnedMemory::new(&gpu.context, ROW, HEIGHT as usize)?;
    gpu.stream.copy(rows.source(), pinned.target())?;
    equal("what was read", pinned.as_slice()? == written, true)?;
    // pinned memory -> array
    let written = pixels(3);
    pinned.as_mut_slice()?.copy_from_slice(&written);
    gpu.stream.copy(pinned.source(), frame.target(0)?)?;
    gpu.stream.synchronize()?;
    let mut found = vec![0; written.len()];
    texture.download(&mut found, ROW)?;
    equal("what was written", found == written, true)?;
    Ok("array -> rows -> pinned -> array".into())
}
