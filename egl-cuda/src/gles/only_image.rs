//! The one EGLImage that a texture has at a time.
#![forbid(unsafe_code)]

use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};

use crate::{EglImage, Result};

/// The image of a texture, which may have one: asked for again, it is the same while it lives.
#[derive(Debug)]
pub(super) struct OnlyImage<T = EglImage> {
    state: Mutex<State<T>>,
    gone: Condvar,
}

#[derive(Debug)]
struct State<T> {
    image: Weak<T>,
    /// Not destroyed yet, though its last owner may have let go of it.
    exists: bool,
}

impl<T> OnlyImage<T> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                image: Weak::new(),
                exists: false,
            }),
            gone: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Each step leaves the state right, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The image, made if there is none. Waits while another thread destroys one.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub(super) fn get(&self, make: impl FnOnce() -> Result<Arc<T>>) -> Result<Arc<T>> {
        let mut state = self.lock();
        while state.exists {
            if let Some(image) = state.image.upgrade() {
                return Ok(image);
            }
            state = self.gone.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        let image = make()?;
        *state = State {
            image: Arc::downgrade(&image),
            exists: true,
        };
        Ok(image)
    }

    /// The image is destroyed: there may be another.
    pub(super) fn ended(&self) {
        self.lock().exists = false;
        self.gone.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Barrier, OnceLock};

    use super::*;

    /// Of a driver that refuses a second one.
    struct Image<'a> {
        only: &'a OnlyImage<Self>,
        alive: &'a AtomicUsize,
    }

    impl Drop for Image<'_> {
        fn drop(&mut self) {
            for _ in 0..20 {
                std::thread::yield_now();
            }
            self.alive.fetch_sub(1, SeqCst);
            self.only.ended();
        }
    }

    #[test]
    fn there_is_one_at_a_time() {
        const THREADS: usize = 4;
        static ALIVE: AtomicUsize = AtomicUsize::new(0);
        static ONLY: OnceLock<OnlyImage<Image<'static>>> = OnceLock::new();
        let start = Barrier::new(THREADS);
        let (only, alive) = (ONLY.get_or_init(OnlyImage::new), &ALIVE);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..500 {
                        start.wait();
                        let image = only.get(|| {
                            assert_eq!(alive.fetch_add(1, SeqCst), 0, "two images");
                            Ok(Arc::new(Image { only, alive }))
                        });
                        // Of one thread it is the last.
                        drop(image.unwrap());
                    }
                });
            }
        });
        let failed = only.get(|| Err(crate::Error::missing("eglCreateImageKHR")));
        assert!(failed.is_err());
        let image = only.get(|| {
            alive.fetch_add(1, SeqCst);
            Ok(Arc::new(Image { only, alive }))
        });
        let image = image.unwrap();
        let again = only.get(|| Err(crate::Error::missing("eglCreateImageKHR")));
        assert!(Arc::ptr_eq(&image, &again.unwrap()));
    }
}
