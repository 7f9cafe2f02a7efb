//! Pictures that a twin works on: rows of pixels in memory, which may be behind a surface object.

use std::ptr;

use crate::{Launch, Object};

/// Four bytes: three colours, and alpha or nothing.
pub(crate) type Pixel = [u8; 4];

/// Where a picture's pixels are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    address: u64,
    pitch: u64,
    /// Pixels of a row and rows that are there; of plain memory only the parameters know.
    columns: u64,
    rows: u64,
}

impl Picture {
    /// Without a pixel.
    pub(crate) const NOTHING: Self = Self {
        address: 0,
        pitch: 0,
        columns: 0,
        rows: 0,
    };

    pub(crate) fn in_memory(address: u64, pitch: u32) -> Self {
        Self {
            address,
            pitch: u64::from(pitch),
            columns: u64::MAX,
            rows: u64::MAX,
        }
    }

    /// Looks up a surface.
    ///
    /// # Safety
    ///
    /// `object` of the launch is what it is said to be.
    pub(crate) unsafe fn of_surface(launch: &Launch, handle: u64) -> Option<Self> {
        let mut object = Object::default();
        // SAFETY: the object is writable, and this thread is the twin's.
        let code = unsafe { launch.object?(handle, &raw mut object) };
        (code == 0 && object.is_surface != 0).then(|| Self {
            address: object.pixels,
            pitch: object.pitch,
            // The instructions count bytes, whatever an element is.
            columns: u64::from(object.width) * u64::from(object.element_bytes) / 4,
            rows: u64::from(object.height),
        })
    }

    /// How many of the `len` pixels from column `x` of row `y` on are there.
    fn there(&self, x: u64, y: u64, len: usize) -> usize {
        if y >= self.rows {
            return 0;
        }
        let rest = self.columns.saturating_sub(x);
        usize::try_from(rest).map_or(len, |rest| rest.min(len))
    }

    /// The address of a pixel. Addresses wrap as they do on the GPU.
    fn pixel(&self, x: u64, y: u64) -> u64 {
        self.address
            .wrapping_add(y.wrapping_mul(self.pitch))
            .wrapping_add(x.wrapping_mul(4))
    }

    /// Copies pixels from column `x` of row `y` on; those that it has not are 0.
    ///
    /// # Safety
    ///
    /// Such of the `tile.len()` pixels as the picture says are there can be read, and `tile` is not among them.
    pub(crate) unsafe fn load(&self, x: u64, y: u64, tile: &mut [Pixel]) {
        let (tile, outside) = tile.split_at_mut(self.there(x, y, tile.len()));
        outside.fill([0; 4]);
        let pixels = ptr::with_exposed_provenance::<Pixel>(self.pixel(x, y) as usize);
        // SAFETY: so many pixels can be read, apart from `tile`, by this function's contract; their alignment is 1.
        unsafe { ptr::copy_nonoverlapping(pixels, tile.as_mut_ptr(), tile.len()) };
    }

    /// Copies pixels to column `x` of row `y` on, as many as it has there.
    ///
    /// # Safety
    ///
    /// Such of the `tile.len()` pixels as the picture says are there can be written, nothing refers to them, and `tile` is
    /// not among them.
    pub(crate) unsafe fn store(&self, x: u64, y: u64, tile: &[Pixel]) {
        let tile = &tile[..self.there(x, y, tile.len())];
        let pixels = ptr::with_exposed_provenance_mut::<Pixel>(self.pixel(x, y) as usize);
        // SAFETY: so many pixels can be written, apart from `tile`, by this function's contract; their alignment is 1.
        unsafe { ptr::copy_nonoverlapping(tile.as_ptr(), pixels, tile.len()) };
    }
}
