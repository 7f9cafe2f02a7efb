//! The twin of `nvmm_brightness`: a value added to the colour bytes of pixels of four bytes.

use std::ffi::c_void;

use crate::Launch;

/// Adds, row by row, within what the launch covers.
///
/// # Safety
///
/// `launch` and `params` are those of a launch of the kernel: input and its pitch, output and its pitch,
/// pixels of a row, rows, the value; both addresses have these rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmm_twin_nvmm_brightness(
    launch: *const Launch,
    params: *const *const c_void,
) {
    // SAFETY: by this function's contract.
    let launch = unsafe { &*launch };
    // SAFETY: by this function's contract there are seven parameters.
    let params = unsafe { &*params.cast::<[*const c_void; 7]>() };
    // SAFETY: parameters 0 and 2 are addresses, of the host here.
    let address = |i: usize| unsafe { params[i].cast::<*mut [u8; 4]>().read() };
    // SAFETY: the others are of 32 bits.
    let number = |i: usize| unsafe { params[i].cast::<u32>().read() };
    let (input, output) = (address(0), address(2));
    let value = number(6).cast_signed();
    let width = u64::from(number(4)).min(launch.threads(0)) as usize;
    let height = u64::from(number(5)).min(launch.threads(1)) as usize;
    for row in 0..height {
        // SAFETY: a row of the input, by the kernel's contract.
        let from = unsafe { input.byte_add(row * number(1) as usize) };
        // SAFETY: a row of the output.
        let to = unsafe { output.byte_add(row * number(3) as usize) };
        for column in 0..width {
            // SAFETY: a pixel of that row.
            let from = unsafe { from.add(column) };
            // SAFETY: as above.
            let mut pixel = unsafe { from.read() };
            for byte in &mut pixel[..3] {
                *byte = i32::from(*byte).saturating_add(value).clamp(0, 255) as u8;
            }
            // SAFETY: a pixel of that row.
            let to = unsafe { to.add(column) };
            // SAFETY: as above; the launcher vouches that nobody else uses it.
            unsafe { to.write(pixel) };
        }
    }
}
