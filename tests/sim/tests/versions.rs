//! The driver of each release: its version, its names, its GPU.

mod support;

use std::ffi::{CStr, c_int, c_void};

use support::cuda::{Cuda, LIBRARY};
use support::{counter, cuda_of, isolated, on_each, release, releases, symbol_if};

/// Version, compute capability and GiB of memory of what a release runs on.
fn expected(release: &str) -> (c_int, (c_int, c_int), usize) {
    match release {
        "r28.1" => (8000, (6, 2), 8),
        "r28.2" => (9000, (6, 2), 8),
        "r32.1" | "r32.2" | "r32.3.1" => (10000, (6, 2), 8),
        "r32.4.3" | "r32.5.2" | "r32.6.1" | "r32.7" => (10020, (6, 2), 8),
        "r36.2" | "r36.3" => (12020, (8, 7), 64),
        "r36.4" => (12060, (8, 7), 64),
        "r39.2" => (13020, (8, 7), 64),
        _ => (11040, (7, 2), 32),
    }
}

/// Names that came late, each with its version.
const LATE: [(&str, c_int); 14] = [
    ("cuStreamGetCtx", 9020),
    ("cuDeviceGetUuid", 9020),
    ("cuLaunchHostFunc", 10000),
    ("cuOccupancyAvailableDynamicSMemPerBlock", 10020),
    ("cuDevicePrimaryCtxRelease_v2", 11000),
    ("cuDevicePrimaryCtxSetFlags_v2", 11000),
    ("cuDevicePrimaryCtxReset_v2", 11000),
    ("cuEventRecordWithFlags", 11010),
    ("cuGetProcAddress", 11030),
    ("cuCtxCreate_v3", 11040),
    ("cuDeviceGetUuid_v2", 11040),
    ("cuGetProcAddress_v2", 12000),
    ("cuCtxCreate_v4", 12050),
    ("cuEventElapsedTime_v2", 12080),
];

/// Names that every driver has, newer ones too.
const ALWAYS: [&str; 10] = [
    "cuInit",
    "cuCtxCreate_v2",
    "cuDevicePrimaryCtxRelease",
    "cuDevicePrimaryCtxReset",
    "cuDevicePrimaryCtxSetFlags",
    "cuEventElapsedTime",
    "cuMemAllocManaged",
    "cuTexObjectCreate",
    "cuGraphicsEGLRegisterImage",
    "cuMemcpy3D_v2",
];

fn attribute(cuda: Cuda, number: c_int) -> Result<c_int, u32> {
    let mut value = -1;
    match cuda.attribute(&mut value, number, 0) {
        0 => Ok(value),
        error => Err(error),
    }
}

#[test]
fn each_release_has_its_driver_and_its_gpu() {
    let all = releases();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    on_each("each_release_has_its_driver_and_its_gpu", &all, || {
        let release = release();
        let (version, capability, gib) = expected(&release);
        assert_eq!(cuda_of(&release).cast_signed(), version);
        for (name, since) in LATE {
            let is_there = !symbol_if(LIBRARY, name).is_null();
            assert_eq!(is_there, since <= version, "{name} in {version}");
        }
        for name in ALWAYS {
            assert!(!symbol_if(LIBRARY, name).is_null(), "{name} in {version}");
        }
        let cuda = Cuda::start();
        let mut said = 0;
        assert_eq!((cuda.version(&mut said), said), (0, version));
        let (mut major, mut minor) = (0, 0);
        assert_eq!(cuda.capability(&mut major, &mut minor, 0), 0);
        assert_eq!((major, minor), capability);
        assert_eq!(attribute(cuda, 75), Ok(major));
        assert_eq!(attribute(cuda, 76), Ok(minor));
        assert_eq!(attribute(cuda, 18), Ok(1), "integrated");
        assert_eq!(attribute(cuda, 0), Err(1));
        assert_eq!(attribute(cuda, 999), Err(1));
        // Host registration came as an attribute with 9.2, and to the GPU with Xavier.
        let registers = c_int::from(capability >= (7, 2));
        let expected = if version < 10000 {
            Err(1)
        } else {
            Ok(registers)
        };
        assert_eq!(attribute(cuda, 99), expected);
        let (mut total, mut free, mut same) = (0, 0, 0);
        assert_eq!(cuda.total_memory(&mut total, 0), 0);
        assert_eq!(cuda.mem_info(&mut free, &mut same), 0);
        assert_eq!((free, same), (total, total));
        // Firmware takes a part.
        assert!(
            total < gib << 30 && total > (gib << 30) / 16 * 15,
            "{total}"
        );
        let mut name = [0u8; 64];
        assert_eq!(cuda.device_name(name.as_mut_ptr().cast(), 64, 0), 0);
        let name = CStr::from_bytes_until_nul(&name).unwrap().to_str().unwrap();
        let chip = match capability {
            (6, 2) => "X2",
            (7, 2) => "Xavier",
            _ => "Orin",
        };
        assert!(name.contains(chip), "{name}");
        // Kernels run on all of them.
        let (mut one, mut sum, mut count) = (0usize, 0usize, 1u32);
        assert_eq!(
            (cuda.mem_alloc(&mut one, 1), cuda.mem_alloc(&mut sum, 1)),
            (0, 0)
        );
        assert_eq!((cuda.memset(one, 3, 1), cuda.memset(sum, 4, 1)), (0, 0));
        let mut list: [*mut c_void; 3] = [
            (&raw mut sum).cast(),
            (&raw mut one).cast(),
            (&raw mut count).cast(),
        ];
        assert_eq!(cuda.launch(cuda.function("add"), 0, &mut list), 0);
        let mut byte = 0u8;
        assert_eq!(cuda.copy_to_host((&raw mut byte).cast(), sum, 1), 0);
        assert_eq!(byte, 7);
        assert_eq!((cuda.mem_free(one), cuda.mem_free(sum)), (0, 0));
        assert_eq!(
            (counter("violations"), counter("device_allocations_alive")),
            (0, 0)
        );
    });
}

#[test]
fn functions_are_found_by_name_and_version() {
    let releases = ["r35.4.1", "r36.4"];
    on_each("functions_are_found_by_name_and_version", &releases, || {
        let cuda = Cuda::start();
        let mut found: *mut c_void = std::ptr::null_mut();
        assert_eq!(
            cuda.proc_address(c"cuCtxCreate".as_ptr(), &mut found, 11030, 0),
            0
        );
        assert!(!found.is_null());
        // What is found does what the name says: a context is made.
        // SAFETY: cuCtxCreate of that version, which is cuCtxCreate_v2.
        let create = unsafe {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut usize, u32, c_int) -> u32>(
                found,
            )
        };
        let mut context = 0;
        // SAFETY: the result pointer is valid for the call.
        assert_eq!(unsafe { create(&mut context, 0, 0) }, 0);
        assert_eq!(counter("cuCtxCreate_v2"), 1);
        assert_eq!(cuda.ctx_destroy(context), 0);
        // Newer than the driver, strange flags, unknown, with the variant, not yet there.
        let name = c"cuInit".as_ptr();
        assert_eq!(cuda.proc_address(name, &mut found, 13030, 0), 1);
        assert_eq!(cuda.proc_address(name, &mut found, 11000, 4), 1);
        assert_eq!(cuda.proc_address(std::ptr::null(), &mut found, 11000, 0), 1);
        assert_eq!(cuda.proc_address(name, std::ptr::null_mut(), 11000, 0), 1);
        for name in [c"cuNothing", c"cuCtxCreate_v2", c"cuEventElapsedTime_v2"] {
            found = std::ptr::dangling_mut();
            assert_eq!(cuda.proc_address(name.as_ptr(), &mut found, 11000, 0), 500);
            assert!(found.is_null());
        }
        if release() == "r35.4.1" {
            return;
        }
        let mut status = 9;
        let mut search = |name: &CStr, version| {
            found = std::ptr::dangling_mut();
            let result = cuda.proc_address_v2(name.as_ptr(), &mut found, version, 0, &mut status);
            (result, found.is_null(), status)
        };
        assert_eq!(search(c"cuCtxCreate", 12050), (0, false, 0));
        assert_eq!(search(c"cuNothing", 12050), (0, true, 1));
        assert_eq!(search(c"cuLaunchHostFunc", 9000), (0, true, 2));
        let null: *mut u32 = std::ptr::null_mut();
        assert_eq!(cuda.proc_address_v2(name, &mut found, 12000, 0, null), 0);
        // A search that finds itself: the variant of 12.
        assert_eq!(
            cuda.proc_address_v2(c"cuGetProcAddress".as_ptr(), &mut found, 12000, 0, null),
            0
        );
        let mut older: *mut c_void = null.cast();
        assert_eq!(
            cuda.proc_address_v2(c"cuGetProcAddress".as_ptr(), &mut older, 11030, 0, null),
            0
        );
        assert!(!older.is_null() && older != found);
    });
}

#[test]
fn contexts_are_made_by_all_variants() {
    on_each("contexts_are_made_by_all_variants", &["r36.4"], || {
        let cuda = Cuda::load();
        assert_eq!(cuda.init(0), 0);
        let (mut context, mut current, null) = (0, 0, std::ptr::null());
        assert_eq!(cuda.ctx_create_v3(&mut context, null, 0, 4, 0), 0);
        assert_eq!((cuda.get_current(&mut current), current), (0, context));
        let mut flags = 0;
        assert_eq!((cuda.ctx_flags(&mut flags), flags), (0, 4));
        assert_eq!(cuda.ctx_destroy(context), 0);
        assert_eq!(cuda.ctx_create_v3(&mut context, null, 1, 0, 0), 224);
        assert_eq!(cuda.ctx_create_v4(&mut context, null, 0, 0), 0);
        assert_eq!(cuda.ctx_destroy(context), 0);
        let params = [0usize, 0, 0];
        assert_eq!(
            cuda.ctx_create_v4(&mut context, params.as_ptr().cast(), 0, 0),
            0
        );
        assert_eq!(cuda.ctx_destroy(context), 0);
        let params = [0usize, 1, 0];
        assert_eq!(
            cuda.ctx_create_v4(&mut context, params.as_ptr().cast(), 0, 0),
            224
        );
        let params = [0usize, 0, 1];
        assert_eq!(
            cuda.ctx_create_v4(&mut context, params.as_ptr().cast(), 0, 0),
            801
        );
    });
}

#[test]
fn a_context_keeps_what_is_set() {
    isolated("a_context_keeps_what_is_set", || {
        let cuda = Cuda::start();
        let (mut value, mut config) = (0, 9);
        assert_eq!((cuda.get_limit(&mut value, 0), value), (0, 1024));
        assert_eq!(cuda.set_limit(0, 4096), 0);
        assert_eq!((cuda.get_limit(&mut value, 0), value), (0, 4096));
        assert_eq!(
            (cuda.set_limit(6, 1), cuda.get_limit(&mut value, 99)),
            (215, 1)
        );
        assert_eq!(
            (cuda.set_cache(2), cuda.get_cache(&mut config), config),
            (0, 0, 2)
        );
        assert_eq!(cuda.set_cache(4), 1);
        assert_eq!(
            (cuda.set_banks(1), cuda.get_banks(&mut config), config),
            (0, 0, 1)
        );
        assert_eq!(cuda.set_banks(3), 1);
        assert_eq!(cuda.get_cache(std::ptr::null_mut()), 1);
        let add = cuda.function("add");
        let (mut blocks, mut grid, mut block) = (0, 0, 0);
        assert_eq!((cuda.max_blocks(&mut blocks, add, 256, 0), blocks), (0, 8));
        assert_eq!(cuda.max_blocks(&mut blocks, add, 0, 0), 1);
        assert_eq!(cuda.max_blocks(&mut blocks, 99, 256, 0), 400);
        assert_eq!(cuda.best_block(&mut grid, &mut block, add, None, 0, 0), 0);
        assert_eq!((grid, block), (4, 1024));
        unsafe extern "C" fn shared(threads: c_int) -> usize {
            threads.unsigned_abs() as usize * 128
        }
        assert_eq!(
            cuda.best_block(&mut grid, &mut block, add, Some(shared), 0, 0),
            0
        );
        assert_eq!((grid, block), (2 * 65_536 / (256 * 128), 256));
        let mut registers = 0;
        assert_eq!(cuda.function_attribute(&mut registers, 6, add), 0);
        assert_eq!(registers, 62);
    });
}
