//! The pictures that go in: made once, pushed again and again.

#![forbid(unsafe_code)]

/// Different pictures of an input, so that none is mistaken for the one before.
pub(crate) const DIFFERENT: u32 = 4;

/// An RGBA picture that differs in every pixel and between numbers; its alpha takes all values.
pub(crate) fn picture(width: u32, height: u32, number: u32) -> Vec<u8> {
    let mut state = 0x9e37_79b9 ^ number;
    let mut out = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 24) as u8;
            out.push((x + number * 16) as u8);
            out.push((y + x / 2) as u8);
            out.push(noise);
            out.push((x + y) as u8);
        }
    }
    out
}
