//! CUDA's addresses of surfaces that are CUDA's memory, on whatever library there is.

use std::sync::Arc;

use nvbuf::{ErrorKind, MemType, Surface, VideoBuffer};

fn surface(mem_type: MemType, batch: u32) -> Option<Surface> {
    let builder = Surface::builder(64, 32).mem_type(mem_type).batch(batch);
    builder
        .build()
        .inspect_err(|error| eprintln!("not run: no {mem_type} here: {error}"))
        .ok()
}

#[test]
fn sim_cuda_memory_has_an_address_for_each_buffer() {
    let mut found = 0;
    for mem_type in [
        MemType::CUDA_DEVICE,
        MemType::CUDA_PINNED,
        MemType::CUDA_UNIFIED,
    ] {
        let Some(batch) = surface(mem_type, 2) else {
            continue;
        };
        found += 1;
        let address = |index| batch.device_address(index).unwrap().unwrap();
        let size = u64::from(batch.params(0).unwrap().data_size());
        assert!(address(0) != 0 && address(0).abs_diff(address(1)) >= size);
        assert_eq!(
            VideoBuffer::device_address(&batch, 1).unwrap(),
            Some((address(1), batch.gpu_id()))
        );
        let error = batch.device_address(2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        // A handle of one buffer gives that one's.
        let expected = address(1);
        let second = Arc::new(batch).buffer(1).unwrap();
        assert_eq!(second.device_address(0).unwrap(), Some(expected));
    }
    assert!(found > 0, "no type of CUDA memory at all");
}

#[test]
fn sim_other_memory_has_none() {
    for mem_type in [MemType::SURFACE_ARRAY, MemType::SYSTEM] {
        if let Some(surface) = surface(mem_type, 1) {
            assert_eq!(surface.device_address(0).unwrap(), None, "{mem_type}");
        }
    }
}

#[test]
fn sim_who_has_the_address_may_write_so_that_there_are_no_slices() {
    let Some(surface) = surface(MemType::CUDA_UNIFIED, 1) else {
        return;
    };
    surface.device_address(0).unwrap();
    let error = surface.map(0).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
