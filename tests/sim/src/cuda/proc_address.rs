//! `cuGetProcAddress`: functions by name and version.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::LazyLock;

use super::error::{CudaError, INVALID_VALUE, NOT_FOUND};
use super::{CuResult, Out, call_any_time, put_if};
use crate::functions::{self, Function};
use crate::release;
use crate::report::text;

/// The functions of the driver with the versions that they came with; ci/sim.sh reads the same file.
const LIST: &str = include_str!("../../shims/libcuda.h");

/// A function under the name that all its versions share.
#[derive(Clone, Copy, Debug)]
struct Symbol {
    base: &'static str,
    name: &'static str,
    since: u32,
}

static SYMBOLS: LazyLock<Vec<Symbol>> = LazyLock::new(|| symbols().collect());

fn symbols() -> impl Iterator<Item = Symbol> {
    LIST.lines().filter_map(|line| {
        let inner = line.strip_prefix("SYMBOL(")?.strip_suffix(')')?;
        let (name, since) = inner.split_once(", ")?;
        Some(Symbol {
            base: base(name),
            name,
            since: since.parse().ok()?,
        })
    })
}

/// A name without the number of its variant: `cuMemAlloc` of `cuMemAlloc_v2`.
fn base(name: &str) -> &str {
    match name.rsplit_once("_v") {
        Some((base, number)) if number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => name,
    }
}

/// Where a search ends, as `CUdriverProcAddressQueryResult` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Function(&'static str),
    Nothing,
    /// All variants are newer than was asked for.
    TooNew,
}

impl Found {
    fn status(self) -> c_uint {
        match self {
            Self::Function(_) => 0,
            Self::Nothing => 1,
            Self::TooNew => 2,
        }
    }
}

/// The newest variant of a function that neither the driver nor the caller's version is too old for.
fn search(list: &[Symbol], name: &str, wanted: u32, driver: u32) -> Found {
    let variants = || {
        list.iter()
            .filter(|symbol| symbol.base == name && symbol.since <= driver)
    };
    let newest = variants()
        .filter(|symbol| symbol.since <= wanted)
        .max_by_key(|symbol| symbol.since);
    match newest {
        Some(symbol) => Found::Function(symbol.name),
        None if variants().next().is_some() => Found::TooNew,
        None => Found::Nothing,
    }
}

/// Finds a function; the address is null if there is none.
///
/// # Safety
///
/// `name` is null or a C string.
unsafe fn find(
    name: *const c_char,
    version: c_int,
    flags: u64,
) -> Result<(Found, *const c_void), CudaError> {
    // SAFETY: by this function's contract.
    let name = unsafe { text(name) }.ok_or(INVALID_VALUE)?;
    let driver = release::current().cuda;
    let wanted = u32::try_from(version).map_err(|_| INVALID_VALUE)?;
    // Default, legacy stream, per-thread stream: one of them.
    if wanted > driver || flags > 2 {
        return Err(INVALID_VALUE);
    }
    let found = search(&SYMBOLS, name, wanted, driver);
    let address = match found {
        Found::Function(name) => functions::resolve("libcuda.so.1", name),
        _ => None,
    };
    Ok((found, address.unwrap_or(std::ptr::null())))
}

/// `cuGetProcAddress` of CUDA 11.
///
/// # Safety
///
/// `name` is null or a C string.
pub(crate) unsafe extern "C" fn get(
    name: *const c_char,
    out: Out<'_, *const c_void>,
    version: c_int,
    flags: u64,
) -> CuResult {
    call_any_time(Function::cuGetProcAddress, || {
        let out = out.ok_or(INVALID_VALUE)?;
        // SAFETY: by this function's contract.
        let (_, address) = unsafe { find(name, version, flags) }?;
        out.write(address);
        if address.is_null() {
            Err(NOT_FOUND)
        } else {
            Ok(())
        }
    })
}

/// `cuGetProcAddress_v2`: what is not there is no error, but said in the status.
///
/// # Safety
///
/// `name` is null or a C string.
pub(crate) unsafe extern "C" fn get_v2(
    name: *const c_char,
    out: Out<'_, *const c_void>,
    version: c_int,
    flags: u64,
    status: Out<'_, c_uint>,
) -> CuResult {
    call_any_time(Function::cuGetProcAddress_v2, || {
        let out = out.ok_or(INVALID_VALUE)?;
        // SAFETY: by this function's contract.
        let (found, address) = unsafe { find(name, version, flags) }?;
        out.write(address);
        put_if(status, found.status());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_functions_are_the_same() {
        let listed: Vec<_> = symbols().map(|symbol| symbol.name).collect();
        let lines = LIST.lines().filter(|line| line.starts_with("SYMBOL("));
        assert_eq!(listed.len(), lines.count());
        let ours: Vec<_> = functions::NAMES
            .iter()
            .copied()
            .filter(|name| functions::resolve("libcuda.so.1", name).is_some())
            .collect();
        assert!(listed.iter().all(|name| ours.contains(name)));
        assert!(ours.iter().all(|name| listed.contains(name)), "{ours:?}");
        assert!(ours.len() > 100);
    }

    #[test]
    fn the_newest_variant_that_is_old_enough_is_found() {
        let list: Vec<_> = symbols().collect();
        let find = |name, wanted, driver| search(&list, name, wanted, driver);
        assert_eq!(
            find("cuCtxCreate", 11030, 12060),
            Found::Function("cuCtxCreate_v2")
        );
        assert_eq!(
            find("cuCtxCreate", 12060, 12060),
            Found::Function("cuCtxCreate_v4")
        );
        assert_eq!(
            find("cuCtxCreate", 12060, 12020),
            Found::Function("cuCtxCreate_v3")
        );
        assert_eq!(find("cuCtxCreate", 2000, 12020), Found::TooNew);
        assert_eq!(find("cuEventElapsedTime_v2", 13020, 13020), Found::Nothing);
        assert_eq!(find("cuNothing", 13020, 13020), Found::Nothing);
        assert_eq!(find("cuLaunchHostFunc", 9000, 9000), Found::Nothing);
    }
}
