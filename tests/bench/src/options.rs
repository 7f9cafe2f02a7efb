//! What the command line asks for.

#![forbid(unsafe_code)]

use std::path::PathBuf;

pub(crate) const USAGE: &str = "usage: nvmm-bench [--frames NUMBER] [--size WIDTHxHEIGHT] \
    [--limit MILLISECONDS] [--raw FILE] | --streams [--frames NUMBER] [--size WIDTHxHEIGHT]";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// Two streams of pictures that are NVMM already, and nothing else.
    pub(crate) streams: bool,
    /// Frames that count.
    pub(crate) frames: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// CPU milliseconds that a frame may cost.
    pub(crate) limit: Option<f64>,
    /// Where the frames that come out are written.
    pub(crate) raw: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            streams: false,
            frames: 300,
            width: 1920,
            height: 1080,
            limit: None,
            raw: None,
        };
        while let Some(name) = arguments.next() {
            if name == "--streams" {
                // Their own default, which a later --size changes.
                options.streams = true;
                (options.width, options.height) = (3840, 2160);
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            let bad = || format!("{name} {value}: not what is expected");
            match name.as_str() {
                "--frames" => options.frames = value.parse().map_err(|_| bad())?,
                "--size" => {
                    let (width, height) = value.split_once('x').ok_or_else(bad)?;
                    options.width = width.parse().map_err(|_| bad())?;
                    options.height = height.parse().map_err(|_| bad())?;
                }
                "--limit" => options.limit = Some(value.parse().map_err(|_| bad())?),
                "--raw" => options.raw = Some(value.into()),
                _ => return Err(format!("{name}: unknown")),
            }
        }
        let size = 64..=8192;
        if !size.contains(&options.width) || !size.contains(&options.height) || options.frames == 0
        {
            return Err("sizes are from 64 to 8192, and there is at least one frame".into());
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn the_options_are_read_and_checked() {
        let options = parse("--size 640x480 --frames 7 --limit 12.5").unwrap();
        assert_eq!(
            (options.width, options.height, options.frames),
            (640, 480, 7)
        );
        assert_eq!(options.limit, Some(12.5));
        let options = parse("--streams --frames 7").unwrap();
        assert!(options.streams && options.width == 3840 && options.height == 2160);
        for wrong in [
            "--frames",
            "--frames x",
            "--frames 0",
            "--size 640",
            "--size 1x1",
            "--what 1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
