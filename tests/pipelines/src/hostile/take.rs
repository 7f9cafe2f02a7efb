use std::collections::BTreeMap;

use gst_nvmm::{NvmmBufferExt, NvmmFrame, NvmmFrameMut, Session, read_cpu};
use gst_video::VideoInfo;

/// Whatever takes a buffer; how often it did.
pub fn take(
    buffer: &gst::Buffer,
    infos: &[VideoInfo],
    session: &Session,
    results: &mut BTreeMap<String, u64>,
) {
    let mut note = |what: &str, result: Result<(), gst_nvmm::Error>| {
        let what = match result {
            Ok(()) => format!("{what}: taken"),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                format!("{what}: refused")
            }
        };
        *results.entry(what).or_default() += 1;
    };
    let _ = buffer.is_nvmm();
    note("form", buffer.nvmm_form().map(drop));
    note("pictures", buffer.num_nvmm_pictures().map(drop));
    note("pixels", buffer.nvmm_pixels(0).map(drop));
    for info in infos {
        let context = session.context();
        let frame = NvmmFrame::new(buffer.clone(), info, context);
        if let Ok(frame) = &frame {
            // What is taken is what the caps say.
            assert_eq!(
                (frame.width(), frame.height()),
                (info.width(), info.height())
            );
            assert_eq!(frame.num_planes(), info.n_planes());
        }
        note("frame", frame.map(drop));
        let batch = NvmmFrame::of_batch(buffer.clone(), 1, info, context);
        note("batch", batch.map(drop));
        note(
            "write",
            NvmmFrameMut::new(buffer.clone(), info, context).map(drop),
        );
        let read = read_cpu(buffer, info, |map| {
            for plane in 0..map.num_planes() {
                let plane = map.plane(plane)?;
                let last = plane.params.byte_len().saturating_sub(1);
                for at in [0, last] {
                    // SAFETY: the map says that `byte_len` bytes can be read: this is what is tested.
                    let at = unsafe { plane.data.add(at) };
                    // SAFETY: as above.
                    let _ = unsafe { at.read_volatile() };
                }
            }
            Ok(())
        });
        note("read", read);
    }
}
