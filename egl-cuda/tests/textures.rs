//! Texture objects: what the driver was told of them, and when they go. On the simulator (ci/sim.sh) or a
//! Jetson.

mod nvmm;

use std::ffi::{CStr, c_uint};
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

use egl_cuda::sys::{
    CUDA_RESOURCE_DESC, CUDA_TEXTURE_DESC, CUaddress_mode, CUarray_format, CUfilter_mode,
    CUresourcetype,
};
use egl_cuda::{Array, Context, CudaFrame, DeviceMemory, Driver, ErrorKind, PlaneLayout, Sampling};
use nvmm::{NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH, frame};
use nvmm_sim_control::Simulator;

/// What the driver says of a texture, by one of its functions.
fn ask<T>(context: &Context, function: &CStr, texture: u64) -> T {
    let address = Driver::get().unwrap().symbol(function).unwrap();
    type Ask<T> = unsafe extern "C" fn(*mut T, u64) -> c_uint;
    // SAFETY: the callers name a function of this type.
    let ask = unsafe { std::mem::transmute::<*mut std::ffi::c_void, Ask<T>>(address.as_ptr()) };
    let mut out = MaybeUninit::<T>::zeroed();
    let _current = context.push().unwrap();
    // SAFETY: the pointer is to memory for one.
    assert_eq!(unsafe { ask(out.as_mut_ptr(), texture) }, 0);
    // SAFETY: plain numbers, zeroed and then written by the driver.
    unsafe { out.assume_init() }
}

fn resource(context: &Context, texture: u64) -> CUDA_RESOURCE_DESC {
    ask(context, c"cuTexObjectGetResourceDesc", texture)
}

fn sampling(context: &Context, texture: u64) -> CUDA_TEXTURE_DESC {
    ask(context, c"cuTexObjectGetTextureDesc", texture)
}

/// Tests that count the driver's calls come one after the other.
static COUNTING: Mutex<()> = Mutex::new(());

/// Objects of both kinds made and destroyed so far; on hardware nobody counts.
fn objects() -> [u64; 4] {
    let Some(simulator) = Simulator::loaded() else {
        return [0; 4];
    };
    [
        "cuTexObjectCreate",
        "cuTexObjectDestroy",
        "cuSurfObjectCreate",
        "cuSurfObjectDestroy",
    ]
    .map(|name| simulator.counter(name).unwrap())
}

fn since(before: [u64; 4]) -> [u64; 4] {
    let now = objects();
    std::array::from_fn(|i| now[i] - before[i])
}

const SMOOTH: Sampling = Sampling {
    address: CUaddress_mode::WRAP,
    filter: CUfilter_mode::LINEAR,
    is_normalized: true,
    as_integers: false,
};

#[test]
fn sim_a_plane_has_one_texture_for_each_way_of_sampling() {
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let before = objects();
    let (tiled, planes) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let plain = tiled.texture_object(0, Sampling::default()).unwrap();
    let smooth = tiled.texture_object(0, SMOOTH).unwrap();
    let chroma = tiled.texture_object(1, SMOOTH).unwrap();
    let surface = tiled.surface_object(0).unwrap();
    assert!(plain != smooth && smooth != chroma && surface != 0);
    for _ in 0..10 {
        let again = CudaFrame::new(tiled.mapped().unwrap().clone(), &planes).unwrap();
        assert_eq!(again.texture_object(0, Sampling::default()).unwrap(), plain);
        assert_eq!(again.clone().texture_object(1, SMOOTH).unwrap(), chroma);
        assert_eq!(again.surface_object(0).unwrap(), surface);
    }
    if Simulator::loaded().is_some() {
        assert_eq!(since(before), [3, 0, 1, 0]);
    }

    let (told, what) = (sampling(&context, plain), resource(&context, plain));
    assert_eq!(told.addressMode, [CUaddress_mode::CLAMP; 3]);
    assert_eq!(told.filterMode, CUfilter_mode::POINT);
    assert_eq!(told.flags, 1);
    assert_eq!(what.resType, CUresourcetype::ARRAY);
    let told = sampling(&context, chroma);
    assert_eq!(told.addressMode, [CUaddress_mode::WRAP; 3]);
    assert_eq!(told.filterMode, CUfilter_mode::LINEAR);
    assert_eq!(told.flags, 2);
    let error = tiled.texture_object(2, SMOOTH).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PlaneOutOfRange);
    std::thread::spawn(move || drop(tiled)).join().unwrap();
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(since(before), [3, 3, 1, 1]);
        // Before the registration, or this were one.
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

#[test]
fn sim_planes_of_pointers_have_textures_too() {
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let (linear, planes) = frame(&context, NVBUF_LAYOUT_PITCH);
    linear.texture_object(0, SMOOTH).unwrap();
    let error = linear.texture_object(1, SMOOTH).unwrap_err();
    assert!(error.to_string().contains("assume_layouts"), "{error}");
    // SAFETY: the layouts are those of the surface's own description.
    let linear = unsafe { linear.assume_layouts() };
    let chroma = linear.texture_object(1, SMOOTH).unwrap();
    let what = resource(&context, chroma);
    assert_eq!(what.resType, CUresourcetype::PITCH2D);
    // SAFETY: the kind says that this member holds.
    let memory = unsafe { what.res.pitch2D };
    assert_eq!(memory.devPtr, linear.pitch_ptr(1).unwrap().0);
    assert_eq!((memory.width, memory.height), (319, 181));
    assert_eq!(memory.pitchInBytes, planes[1].pitch as usize);
    assert_eq!(
        (memory.format, memory.numChannels),
        (CUarray_format::UNSIGNED_INT8, 2)
    );
}

#[test]
fn frames_of_memory_have_textures() {
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let before = objects();
    let memory = DeviceMemory::pitched(&context, 640, 8).unwrap();
    let frame = CudaFrame::from_memory([(memory, 8)], None).unwrap();
    // 8 channels of bytes are no pixel of a texture, 4 of 16 bits are.
    let error = frame.texture_object(0, SMOOTH).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("pixels of 8 bytes"), "{error}");
    let frame = frame
        .with_element_type(CUarray_format::UNSIGNED_INT16)
        .unwrap();
    let texture = frame.texture_object(0, SMOOTH).unwrap();
    // SAFETY: the frame is one of pointers, so that this member holds.
    let told = unsafe { resource(&context, texture).res.pitch2D };
    assert_eq!((told.width, told.numChannels), (80, 4));
    assert_eq!(
        frame.surface_object(0).unwrap_err().kind(),
        ErrorKind::PitchLinear
    );

    let array = Array::new(&context, 16, 16, CUarray_format::FLOAT, 1).unwrap();
    let floats = CudaFrame::from_arrays([array], None).unwrap();
    assert_eq!(floats.element_type(), CUarray_format::FLOAT);
    floats.texture_object(0, SMOOTH).unwrap();
    floats.surface_object(0).unwrap();
    let error = floats
        .clone()
        .with_element_type(CUarray_format::HALF)
        .unwrap_err();
    assert!(error.to_string().contains("type 0x20"), "{error}");
    let layout = PlaneLayout {
        width: 16,
        height: 8,
        pitch: 640,
        bytes_per_pixel: 1,
    };
    drop((frame, floats));
    if Simulator::loaded().is_some() {
        assert_eq!(since(before), [2, 2, 1, 1]);
    }
    let memory = DeviceMemory::new(&context, 640 * 8).unwrap();
    let planes = [(memory.address() + 1, layout)];
    // SAFETY: the plane lies in the memory but for its last byte, which nobody reads.
    let odd = unsafe { CudaFrame::from_device_ptr(&context, &planes, None, memory) }.unwrap();
    assert_eq!(
        odd.texture_object(0, SMOOTH).unwrap_err().call(),
        "cuTexObjectCreate"
    );
}
