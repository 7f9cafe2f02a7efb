//! What a release has and the simulator does not do.

mod canvas;
mod support;

use canvas::{Ask, Canvas, transform};
use nvbufsurface_sys::classic as sys;
use support::{child_of, counter, text};

#[test]
fn what_is_not_simulated_refuses_and_breaks_no_rule() {
    let test = "what_is_not_simulated_refuses_and_breaks_no_rule";
    for release in ["r32.7", "r36.4", "r39.2"] {
        let output = child_of(release, test, &[("NVMM_SIM_STRICT", "1")], || {
            let surfaces = [(); 2].map(|()| Canvas::new(sys::NVBUF_COLOR_FORMAT_NV12, 64, 32));
            let [from, to] = surfaces;
            let normalize = Ask {
                flags: sys::NVBUFSURF_TRANSFORM_NORMALIZE,
                ..Ask::default()
            };
            let refused = transform(from, to, &normalize);
            assert_eq!(refused, sys::NvBufSurfTransformError_Unsupported);
            assert_eq!((counter("violations"), counter("unsupported")), (0, 1));
            assert_eq!(counter("NvBufSurfTransform"), 1);
            assert_eq!(counter("engine_copies"), 0);
            assert_eq!((from.destroy(), to.destroy()), (0, 0));
        });
        let said = text(&output);
        assert!(output.status.success(), "{release}: {said}");
        let line = "nvmm-sim: not simulated: NvBufSurfTransform with NORMALIZE";
        assert!(said.contains(line), "{release}: {said}");
    }
}

#[test]
fn a_release_without_normalize_refuses_the_flag_itself() {
    let test = "a_release_without_normalize_refuses_the_flag_itself";
    support::on_each(test, &["r32.5.2"], || {
        let (from, to) = (
            Canvas::new(sys::NVBUF_COLOR_FORMAT_NV12, 64, 32),
            Canvas::new(sys::NVBUF_COLOR_FORMAT_NV12, 64, 32),
        );
        let normalize = Ask {
            flags: sys::NVBUFSURF_TRANSFORM_NORMALIZE,
            ..Ask::default()
        };
        let refused = transform(from, to, &normalize);
        assert_eq!(refused, sys::NvBufSurfTransformError_Invalid_Params);
        assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
    });
}
