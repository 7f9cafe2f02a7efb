//! What a frame stands on, and what keeps it alive.
#![forbid(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::copy::Pending;
use crate::egl_stream::Hold;
use crate::objects::Objects;
use crate::{Context, MappedEglImage};

/// Memory of others that frames stand on, with the objects made of it and the copies that use it.
///
/// `keep` is dropped last: after the copies are done and the objects destroyed.
#[derive(Debug)]
pub(crate) struct Held<K: ?Sized> {
    uses: Uses,
    _keep: K,
}

#[derive(Debug)]
struct Uses {
    objects: Objects,
    pending: Pending,
}

impl<K> Held<K> {
    pub(crate) fn new(context: &Context, keep: K) -> Self {
        Self {
            uses: Uses {
                objects: Objects::default(),
                pending: Pending::new(context),
            },
            _keep: keep,
        }
    }
}

impl Drop for Uses {
    fn drop(&mut self) {
        self.pending.end();
        let context = self.pending.context();
        // Without its context there is nothing left to destroy.
        let destroyed = context
            .push()
            .and_then(|_current| self.objects.destroy(context));
        if let Err(error) = destroyed {
            crate::error::report(&error);
        }
    }
}

/// What keeps a frame's planes alive.
#[derive(Clone)]
pub(crate) enum Backing {
    Registered(Arc<MappedEglImage>),
    Held(Arc<Held<dyn Any + Send + Sync>>),
    /// A frame that an EGLStream's consumer has.
    Acquired(Hold),
}

impl Backing {
    pub(crate) fn objects(&self) -> &Objects {
        match self {
            Self::Registered(mapped) => mapped.objects(),
            Self::Held(held) => &held.uses.objects,
            Self::Acquired(hold) => hold.objects(),
        }
    }

    pub(crate) fn pending(&self) -> &Pending {
        match self {
            Self::Registered(mapped) => mapped.pending(),
            Self::Held(held) => &held.uses.pending,
            Self::Acquired(hold) => hold.pending(),
        }
    }

    pub(crate) fn context(&self) -> &Context {
        self.pending().context()
    }
}

impl fmt::Debug for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(mapped) => f.debug_tuple("Registered").field(mapped).finish(),
            Self::Held(held) => f.debug_tuple("Held").field(&held.uses).finish(),
            Self::Acquired(hold) => f.debug_tuple("Acquired").field(hold).finish(),
        }
    }
}
