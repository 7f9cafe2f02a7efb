//! What a release has and the simulator does not do yet.

mod support;

use std::ffi::c_void;

use nvbufsurface_sys::classic as sys;
use support::{child_of, counter, text};

#[test]
fn what_is_not_simulated_refuses_and_breaks_no_rule() {
    let test = "what_is_not_simulated_refuses_and_breaks_no_rule";
    let output = child_of("r35.1", test, &[], || {
        let transform = function!(
            "libnvbufsurftransform.so.1.0.0",
            "NvBufSurfTransform",
            sys::PFN_NvBufSurfTransform
        );
        let (null, params) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the function looks at nothing.
        let result = unsafe { transform(null, null, params) };
        assert_eq!(result, sys::NvBufSurfTransformError_Unsupported);
        let session = function!(
            "libnvbuf_utils.so.1.0.0",
            "NvBufferSessionCreate",
            unsafe extern "C" fn() -> *mut c_void
        );
        // SAFETY: takes nothing.
        assert!(unsafe { session() }.is_null());
        assert_eq!((counter("violations"), counter("unsupported")), (0, 2));
        assert_eq!(counter("NvBufferSessionCreate"), 1);
        assert_eq!(support::fail("NvBufSurfTransform", 1, -3), 0);
        // SAFETY: as above.
        assert_eq!(unsafe { transform(null, null, params) }, -3);
        assert_eq!(support::report()["release"], "r35.1");
    });
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("nvmm-sim: NvBufSurfTransform is not simulated yet"),
        "{}",
        text(&output)
    );
}
