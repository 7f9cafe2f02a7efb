//! The two ends of an EGLStream: [`Consumer`] and [`Producer`].
//!
//! [`Consumer::connect`] first, then [`Producer::connect`], on an [`EglStream`](crate::EglStream): these ask for the
//! stream's state where the driver would block or spoil the stream. What the driver does was measured on an H100, driver
//! 580.159.04, not on Tegra:
//!
//! | what | the driver | this crate |
//! |---|---|---|
//! | a producer connects before the consumer | 999, and no producer connects to this stream any more | `Producer::connect` refuses and leaves the stream as it is |
//! | an end connects twice | 999, harmless | `connect` refuses |
//! | a connect that fails with 999 | writes the address of a connection that is freed: using it corrupts the heap | drops it |
//! | present, release | wait on the CPU for the work of the CUDA stream; present for room in the FIFO too | the same |
//! | acquire, return | wait for a frame only; nothing is left to order on the GPU | the same |
//! | frames return | in the order of their release (or replacement), the newest when there is a newer one | found by their memory |
//! | memories of a stream | 64 addresses in its life; another one is 999, also when others were freed | the error says so |
//! | the consumer goes | present is 999; return gives what was released before, then 999 | [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver) for 999 |
//! | the producer goes | frames that nobody acquired are lost, acquire is 999 at once; without such frames it waits for its whole time, or for ever | acquire looks at the state each 100 ms: `StreamOver` |
//! | time is up without a new frame | the newest frame again, if it was released | the same, but only at the end of the caller's time |

mod acquired_frame;
mod connection;
mod consumer;
mod hold;
mod layout;
mod leftovers;
mod present_error;
mod producer;
mod timeout;

pub use acquired_frame::AcquiredFrame;
pub use consumer::Consumer;
pub(crate) use hold::Hold;
pub use present_error::PresentError;
pub use producer::Producer;

/// Frames that can be presented and not yet returned, by NVIDIA's note.
pub(crate) const MAX_IN_FLIGHT: usize = 64;
