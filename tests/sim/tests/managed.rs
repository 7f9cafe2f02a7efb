//! Memory that the CPU and the GPU both reach: managed, pinned, registered.

mod support;

use std::ffi::{c_int, c_void};

use support::cuda::Cuda;
use support::{counter, isolated, on_each};

fn managed(cuda: Cuda, size: usize) -> usize {
    let mut address = 0;
    assert_eq!(cuda.alloc_managed(&mut address, size, 1), 0);
    address
}

/// `to[i] += from[i]` on the GPU.
fn add(cuda: Cuda, to: usize, from: usize, count: u32) {
    let (mut to, mut from, mut count) = (to, from, count);
    let mut list: [*mut c_void; 3] = [
        (&raw mut to).cast(),
        (&raw mut from).cast(),
        (&raw mut count).cast(),
    ];
    assert_eq!(cuda.launch(cuda.function("add"), 0, &mut list), 0);
    assert_eq!(cuda.stream_synchronize(0), 0);
}

fn pointer<T>(cuda: Cuda, attribute: u32, address: usize, mut value: T) -> Result<T, u32> {
    match cuda.pointer_attribute((&raw mut value).cast(), attribute, address) {
        0 => Ok(value),
        error => Err(error),
    }
}

#[test]
fn managed_memory_is_the_cpus_and_the_gpus() {
    isolated("managed_memory_is_the_cpus_and_the_gpus", || {
        let cuda = Cuda::start();
        let (to, from) = (managed(cuda, 8), managed(cuda, 8));
        let to_cpu = std::ptr::with_exposed_provenance_mut::<u64>(to);
        let from_cpu = std::ptr::with_exposed_provenance_mut::<u64>(from);
        // SAFETY: eight bytes of managed memory, and the GPU does nothing.
        unsafe { from_cpu.write_volatile(0x0102_0304_0506_0708) };
        // SAFETY: as above.
        unsafe { to_cpu.write_volatile(0x1010_1010_1010_1010) };
        add(cuda, to, from, 8);
        // SAFETY: as above, after the wait.
        assert_eq!(unsafe { to_cpu.read_volatile() }, 0x1112_1314_1516_1718);
        let mut value = 0u64;
        assert_eq!(cuda.copy_to_host((&raw mut value).cast(), to, 8), 0);
        assert_eq!(value, 0x1112_1314_1516_1718);
        assert_eq!(pointer(cuda, 8, to, 9u8), Ok(1));
        assert_eq!(pointer(cuda, 2, to, 9u32), Ok(2));
        assert_eq!(pointer(cuda, 4, to, 0usize), Ok(to));
        assert_eq!(counter("device_allocations_alive"), 2);
        assert_eq!((cuda.mem_free(to), cuda.mem_free(from)), (0, 0));
        assert_eq!(counter("device_allocations_alive"), 0);
        let mut address = 0;
        for flags in [0, 3, 4] {
            assert_eq!(cuda.alloc_managed(&mut address, 8, flags), 1);
        }
        assert_eq!(cuda.alloc_managed(&mut address, 0, 1), 1);
        assert_eq!(cuda.alloc_managed(&mut address, 1 << 40, 1), 2);
    });
}

#[test]
fn managed_memory_is_attached_and_advised() {
    isolated("managed_memory_is_attached_and_advised", || {
        let cuda = Cuda::start();
        let (address, stream) = (managed(cuda, 4096), cuda.stream());
        for (stream, len, flags, result) in [
            (stream, 0, 1, 0),
            (stream, 4096, 2, 0),
            (stream, 0, 4, 0),
            (0, 0, 4, 1),
            (stream, 100, 4, 1),
            (stream, 0, 3, 1),
            (stream, 5000, 1, 1),
            (99, 0, 1, 400),
        ] {
            assert_eq!(
                cuda.attach(stream, address, len, flags),
                result,
                "{len} {flags}"
            );
        }
        assert_eq!(cuda.attach(stream, address + 64, 0, 1), 1);
        let mut device = 0;
        assert_eq!(cuda.mem_alloc(&mut device, 64), 0);
        assert_eq!(cuda.attach(stream, device, 0, 1), 1);
        // Nobody has concurrent access here, so the GPU is the wrong device.
        assert_eq!(cuda.prefetch(address, 4096, 0, stream), 101);
        assert_eq!(cuda.prefetch(device, 64, 0, stream), 1);
        assert_eq!(cuda.advise(address, 4096, 1, 0), 0);
        assert_eq!(cuda.advise(address, 4096, 3, 0), 101);
        assert_eq!(cuda.advise(address, 4096, 3, -1), 0);
        assert_eq!(cuda.advise(address, 4096, 7, 0), 1);
        assert_eq!(cuda.advise(device, 64, 1, 0), 1);
    });
}

#[test]
fn pinned_memory_has_flags_and_a_device_address() {
    isolated("pinned_memory_has_flags_and_a_device_address", || {
        let cuda = Cuda::start();
        let (mut address, mut device, mut flags) = (std::ptr::null_mut(), 0, 9);
        assert_eq!(cuda.host_alloc(&mut address, 64, 8), 1);
        assert_eq!(cuda.host_alloc(&mut address, 64, 6), 0);
        assert_eq!((cuda.host_flags(&mut flags, address), flags), (0, 6));
        let inside = address.wrapping_byte_add(8);
        assert_eq!(cuda.device_pointer(&mut device, inside, 0), 0);
        assert_eq!(device, inside.addr());
        assert_eq!(cuda.device_pointer(&mut device, inside, 1), 1);
        assert_eq!(pointer(cuda, 2, device, 9u32), Ok(1));
        assert_eq!(pointer(cuda, 8, device, 9u8), Ok(0));
        add(cuda, device, device, 8);
        assert_eq!(cuda.host_unregister(address), 801);
        assert_eq!(cuda.mem_free(address.addr()), 1);
        assert_eq!(cuda.free_host(address), 0);
        assert_eq!(cuda.device_pointer(&mut device, address, 0), 1);
        assert_eq!(cuda.host_flags(&mut flags, address), 1);
        let mut own = [0u8; 4];
        let own: *mut c_void = own.as_mut_ptr().cast();
        assert_eq!(cuda.device_pointer(&mut device, own, 0), 1);
        assert_eq!(cuda.host_register(own, 4, 0), 801, "a TX2 does not");
        assert_eq!(cuda.alloc_host(&mut address, 64), 0);
        assert_eq!((cuda.host_flags(&mut flags, address), flags), (0, 0));
        assert_eq!(cuda.free_host(address), 0);
    });
}

#[test]
fn the_programs_memory_is_registered_since_xavier() {
    let test = "the_programs_memory_is_registered_since_xavier";
    on_each(test, &["r35.1", "r36.4"], || {
        let cuda = Cuda::start();
        let mut own: Vec<u8> = (0..100).collect();
        let address: *mut c_void = own.as_mut_ptr().cast();
        let (mut device, mut flags) = (0, 9);
        assert_eq!(cuda.host_register(address, 100, 2), 0);
        assert_eq!(cuda.host_register(address, 100, 2), 712);
        assert_eq!(
            cuda.host_register(address.wrapping_byte_add(50), 10, 0),
            712
        );
        assert_eq!(cuda.host_register(address.wrapping_byte_sub(1), 2, 0), 712);
        assert_eq!(cuda.device_pointer(&mut device, address, 0), 0);
        assert_eq!((cuda.host_flags(&mut flags, address), flags), (0, 2));
        let (mut base, mut size) = (0, 0);
        assert_eq!(cuda.address_range(&mut base, &mut size, device + 9), 0);
        assert_eq!((base, size), (address.addr(), 100));
        add(cuda, device, device + 50, 50);
        assert_eq!((own[0], own[49], own[50]), (50, 148, 50));
        assert_eq!(cuda.free_host(address), 1);
        assert_eq!(cuda.host_unregister(address.wrapping_byte_add(1)), 713);
        assert_eq!(cuda.host_unregister(address), 0);
        assert_eq!(cuda.host_unregister(address), 713);
        assert_eq!(cuda.device_pointer(&mut device, address, 0), 1);
        // The program's memory is as it was.
        own[0] = 1;
        // Nothing there, nothing at all, flags of later, unknown flags.
        let nowhere = std::ptr::without_provenance_mut(0x10_0000);
        assert_eq!(cuda.host_register(nowhere, 4096, 0), 1);
        assert_eq!(cuda.host_register(std::ptr::null_mut(), 1, 0), 1);
        assert_eq!(cuda.host_register(address, 0, 0), 1);
        assert_eq!(cuda.host_register(address, usize::MAX, 0), 1);
        assert_eq!(cuda.host_register(address, 100, 4), 801);
        assert_eq!(cuda.host_register(address, 100, 16), 1);
        assert_eq!(counter("device_allocations_alive"), 0);
    });
}

#[test]
fn addresses_are_described() {
    isolated("addresses_are_described", || {
        let cuda = Cuda::start();
        let (mut memory, mut context, mut base, mut size) = (0, 0, 0, 0);
        assert_eq!(cuda.mem_alloc(&mut memory, 1000), 0);
        assert_eq!(cuda.get_current(&mut context), 0);
        let inside = memory + 100;
        assert_eq!(pointer(cuda, 1, inside, 0usize), Ok(context));
        assert_eq!(pointer(cuda, 2, inside, 9u32), Ok(2));
        assert_eq!(pointer(cuda, 3, inside, 0usize), Ok(inside));
        assert_eq!(pointer(cuda, 4, inside, 0usize), Err(1));
        assert_eq!(pointer(cuda, 9, inside, 9u32), Ok(0));
        assert_eq!(pointer(cuda, 11, inside, 0usize), Ok(memory));
        assert_eq!(pointer(cuda, 12, inside, 0usize), Ok(1000));
        assert_eq!(pointer(cuda, 99, inside, 0usize), Err(1));
        assert_eq!(cuda.pointer_attribute(std::ptr::null_mut(), 1, inside), 1);
        assert_eq!(cuda.address_range(&mut base, &mut size, inside), 0);
        assert_eq!((base, size), (memory, 1000));
        assert_eq!(cuda.address_range(&mut base, &mut size, memory + 1000), 500);
        let (mut kind, mut device, mut is_managed) = (9u32, 9 as c_int, 9u8);
        let attributes = [2, 9, 8];
        let outs: [*mut c_void; 3] = [
            (&raw mut kind).cast(),
            (&raw mut device).cast(),
            (&raw mut is_managed).cast(),
        ];
        let (list, outs) = (attributes.as_ptr(), outs.as_ptr());
        assert_eq!(cuda.pointer_attributes(3, list, outs, inside), 0);
        assert_eq!((kind, device, is_managed), (2, 0, 0));
        // What nobody knows is no error here, and one for the single question.
        let own = [0u8; 4];
        let own = own.as_ptr().expose_provenance();
        assert_eq!(pointer(cuda, 2, own, 9u32), Err(1));
        assert_eq!(cuda.pointer_attributes(3, list, outs, own), 0);
        assert_eq!((kind, device, is_managed), (0, -2, 0));
        assert_eq!(cuda.pointer_attributes(0, list, outs, own), 1);
        assert_eq!(cuda.pointer_attributes(3, std::ptr::null(), outs, own), 1);
    });
}
