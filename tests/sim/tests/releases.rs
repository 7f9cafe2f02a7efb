//! What a release has and the simulator does not do yet.

mod support;

use nvbufsurface_sys::classic as sys;
use support::{child_of, counter, text};

#[test]
fn what_is_not_simulated_refuses_and_breaks_no_rule() {
    let test = "what_is_not_simulated_refuses_and_breaks_no_rule";
    let output = child_of("r36.4", test, &[], || {
        let from_file = function!(
            "libnvbufsurftransform.so.1.0.0",
            "NvBufSurfTransformSyncObjFromFile",
            sys::PFN_NvBufSurfTransformSyncObjFromFile
        );
        let null = std::ptr::null_mut();
        // SAFETY: the function looks at nothing.
        let call = || unsafe { from_file(-1, null, std::ptr::null_mut()) };
        assert_eq!(call(), sys::NvBufSurfTransformError_Unsupported);
        assert_eq!((counter("violations"), counter("unsupported")), (0, 1));
        assert_eq!(counter("NvBufSurfTransformSyncObjFromFile"), 1);
        assert_eq!(support::fail("NvBufSurfTransformSyncObjFromFile", 1, -3), 0);
        assert_eq!(call(), -3);
        assert_eq!(support::report()["release"], "r36.4");
    });
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("nvmm-sim: NvBufSurfTransformSyncObjFromFile is not simulated yet"),
        "{}",
        text(&output)
    );
}
