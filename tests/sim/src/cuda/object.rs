//! Texture and surface objects, and the way of a host twin to their pixels.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::context;
use super::error::{CudaError, ILLEGAL_ADDRESS, INVALID_VALUE, NOT_SUPPORTED};
use super::resource::{Backing, ResourceDesc, TextureDesc, View};
use super::{CuResult, Out, call, put};
use crate::functions::Function;
use crate::rule::Rule;
use crate::table::{self, Table};

/// Objects that a launch can name one by one; with more it gets at all of its context.
pub(crate) const MAX_OBJECTS: usize = 16;

/// A texture or surface object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) handle: usize,
    pub(crate) context: usize,
    resource: ResourceDesc,
    /// What a texture has and a surface has not.
    texture: Option<TextureDesc>,
    view: View,
    pub(crate) backing: Backing,
}

static OBJECTS: Table<Object> = Table::new();

/// The live object of a number that may be anything.
pub(crate) fn find(number: usize) -> Option<Arc<Object>> {
    if !table::is_handle(number) {
        return None;
    }
    OBJECTS.get(number)
}

/// Drops the objects of a context.
pub(crate) fn context_gone(context: usize) {
    OBJECTS.lock().retain(|_, object| object.context != context);
}

/// What the twin that runs on this thread may ask for.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) context: usize,
    pub(crate) objects: [Option<Arc<Object>>; MAX_OBJECTS],
    /// Every object of the context.
    pub(crate) all: bool,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

impl Running {
    /// Runs a twin that may ask for these objects.
    pub(crate) fn while_in(self, twin: impl FnOnce()) {
        RUNNING.set(Some(self));
        twin();
        RUNNING.set(None);
    }

    fn view(&self, handle: usize) -> Option<View> {
        let mut named = self.objects.iter().flatten();
        if let Some(object) = named.find(|object| object.handle == handle) {
            return Some(object.view);
        }
        let object = find(handle).filter(|object| self.all && object.context == self.context)?;
        let backing = &object.backing;
        if backing.is_alive() && !backing.region.is_reachable() {
            crate::log::violation(
                Rule::UnregisteredSurface,
                format_args!(
                    "a kernel uses object {handle:#x}, which is of a surface that is not registered \
                     (any more)"
                ),
            );
        }
        (backing.is_alive() && backing.region.is_reachable()).then_some(object.view)
    }
}

/// `object` of `nvmm_sim_launch`: 0, or -1 for what is no object of the kernel's, which is an illegal
/// address as it is on the GPU.
pub(crate) extern "C" fn of_running(handle: u64, out: Option<&mut MaybeUninit<View>>) -> c_int {
    RUNNING.with_borrow(|running| {
        let Some(running) = running else {
            crate::log::line(format_args!(
                "a twin asks for object {handle:#x} outside of its kernel"
            ));
            return -1;
        };
        let view = usize::try_from(handle).ok().and_then(|h| running.view(h));
        match view.zip(out) {
            Some((view, out)) => {
                out.write(view);
                0
            }
            None => {
                crate::log::line(format_args!(
                    "a kernel uses {handle:#x}, which is no texture or surface object that it was given"
                ));
                if let Ok(context) = context::find(running.context) {
                    context.poison(ILLEGAL_ADDRESS);
                }
                -1
            }
        }
    })
}

fn create(
    out: Out<'_, usize>,
    resource: ResourceDesc,
    texture: Option<TextureDesc>,
) -> Result<(), CudaError> {
    let context = context::current()?.handle;
    let out = out.ok_or(INVALID_VALUE)?;
    let (view, backing) = match &texture {
        Some(how) => resource.of_texture(how)?,
        None => resource.of_surface()?,
    };
    let handle = table::new_handle();
    let object = Object {
        handle,
        context,
        resource,
        texture,
        view,
        backing,
    };
    OBJECTS.lock().insert(handle, Arc::new(object));
    out.write(handle);
    Ok(())
}

fn live(handle: usize, is_texture: bool) -> Result<Arc<Object>, CudaError> {
    context::current()?;
    find(handle)
        .filter(|object| object.texture.is_some() == is_texture)
        .ok_or(INVALID_VALUE)
}

fn destroy(handle: usize, is_texture: bool) -> Result<(), CudaError> {
    context::end(|_| {
        let is_it = |object: &Object| object.texture.is_some() == is_texture;
        OBJECTS
            .remove_if(handle, is_it)
            .map(|_| ())
            .ok_or(INVALID_VALUE)
    })
}

/// `cuSurfObjectCreate`
pub(crate) extern "C" fn surface_create(
    out: Out<'_, usize>,
    resource: Option<&ResourceDesc>,
) -> CuResult {
    call(Function::cuSurfObjectCreate, || {
        create(out, *resource.ok_or(INVALID_VALUE)?, None)
    })
}

/// `cuSurfObjectDestroy`
pub(crate) extern "C" fn surface_destroy(handle: usize) -> CuResult {
    call(Function::cuSurfObjectDestroy, || destroy(handle, false))
}

/// `cuSurfObjectGetResourceDesc`
pub(crate) extern "C" fn surface_resource(out: Out<'_, ResourceDesc>, handle: usize) -> CuResult {
    call(Function::cuSurfObjectGetResourceDesc, || {
        put(out, live(handle, false)?.resource)
    })
}

/// `cuTexObjectCreate`
pub(crate) extern "C" fn texture_create(
    out: Out<'_, usize>,
    resource: Option<&ResourceDesc>,
    texture: Option<&TextureDesc>,
    view: *const c_void,
) -> CuResult {
    call(Function::cuTexObjectCreate, || {
        if !view.is_null() {
            crate::log::unsupported(format_args!("resource views of textures"));
            return Err(NOT_SUPPORTED);
        }
        let texture = *texture.ok_or(INVALID_VALUE)?;
        create(out, *resource.ok_or(INVALID_VALUE)?, Some(texture))
    })
}

/// `cuTexObjectDestroy`
pub(crate) extern "C" fn texture_destroy(handle: usize) -> CuResult {
    call(Function::cuTexObjectDestroy, || destroy(handle, true))
}

/// `cuTexObjectGetResourceDesc`
pub(crate) extern "C" fn texture_resource(out: Out<'_, ResourceDesc>, handle: usize) -> CuResult {
    call(Function::cuTexObjectGetResourceDesc, || {
        put(out, live(handle, true)?.resource)
    })
}

/// `cuTexObjectGetTextureDesc`
pub(crate) extern "C" fn texture_desc(out: Out<'_, TextureDesc>, handle: usize) -> CuResult {
    call(Function::cuTexObjectGetTextureDesc, || {
        put(out, live(handle, true)?.texture.ok_or(INVALID_VALUE)?)
    })
}

/// `cuTexObjectGetResourceViewDesc`: no object has a view.
pub(crate) extern "C" fn texture_view(_out: *mut c_void, handle: usize) -> CuResult {
    call(Function::cuTexObjectGetResourceViewDesc, || {
        live(handle, true)?;
        Err(INVALID_VALUE)
    })
}
