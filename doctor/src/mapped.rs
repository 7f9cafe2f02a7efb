//! Libraries that this process has loaded.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

/// The file of the loaded library whose name begins so.
pub(crate) fn library(name: &str) -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    find(&maps, name)
}

fn find(maps: &str, name: &str) -> Option<PathBuf> {
    // Five fields without blanks, then the path, which may have some.
    let paths = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]));
    let mut paths = paths.map(Path::new);
    let path = paths.find(|path| {
        let file = path.file_name().map(|file| file.to_string_lossy());
        file.is_some_and(|file| file.starts_with(name))
    })?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_found_by_the_begin_of_its_name() {
        let maps = "7f00-7f01 r-xp 00000000 fe:01 12 /usr/lib/libc.so.6\n\
                    7f02-7f03 rw-p 00000000 00:00 0\n\
                    7f04-7f05 r-xp 00000000 fe:01 13 /opt/my libs/libcuda.so.1.1\n";
        let found = find(maps, "libcuda.so");
        assert_eq!(
            found.as_deref(),
            Some(Path::new("/opt/my libs/libcuda.so.1.1"))
        );
        assert_eq!(find(maps, "libEGL.so"), None);
    }
}
