//! A surface in a line of a log.

#![forbid(unsafe_code)]

use std::fmt;

use super::{Origin, Surface};

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More are only counted.
        const FDS: usize = 8;
        let p = &self.buffers[0].params;
        write!(f, "Surface(")?;
        match p.is_raw() {
            true => write!(f, "{} raw bytes", p.data_size())?,
            false => {
                let (width, height) = (p.width(), p.height());
                write!(f, "{width}x{height} {} {}", p.color_format(), p.layout())?;
            }
        }
        write!(f, " {}, batch {}", self.mem_type, self.buffers.len())?;
        if self.is_contiguous {
            write!(f, " in one block")?;
        }
        for (i, buffer) in self.buffers.iter().take(FDS).enumerate() {
            let before = if i == 0 { ", fd " } else { " " };
            match buffer.params.fd_number() {
                Some(fd) => write!(f, "{before}{fd}")?,
                None => break,
            }
        }
        if self.buffers.len() > FDS && p.fd_number().is_some() {
            write!(f, " and {} more", self.buffers.len() - FDS)?;
        }
        let origin = match self.origin {
            Origin::Created(_) => "Created",
            Origin::Imported { .. } => "Imported",
            Origin::View(_) => "View",
            Origin::Buffer(..) => "Buffer",
        };
        write!(f, ", {origin})")
    }
}
