//! How a producer ends.

use super::super::leftovers;
use super::Producer;
use crate::error::report;
use crate::objects::first;
use crate::{ErrorKind, Result, sys};

impl Producer {
    /// How many frames the producers of this process have leaked, because a consumer that is not ours might still
    /// read them.
    pub fn num_leaked() -> usize {
        leftovers::num_leaked()
    }

    /// Takes back what comes back, disconnects, and drops what kept the stream alive.
    ///
    /// # Errors
    ///
    /// The driver's first error; others are logged. The end is over either way. That the consumer has gone before
    /// is no error.
    #[doc(alias = "cuEGLStreamProducerDisconnect")]
    pub fn disconnect(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.has_ended, true) {
            return Ok(());
        }
        let mut back = Vec::new();
        let mut result = Ok(());
        let mut consumer_has_gone = false;
        loop {
            // SAFETY: null is the default stream.
            match unsafe { self.take(std::ptr::null_mut()) } {
                Ok(Some(frame)) => back.push(frame),
                Ok(None) => break,
                Err(error) => {
                    let code = error.code().map(|code| code.get());
                    consumer_has_gone = error.kind() == ErrorKind::StreamOver
                        || code == Some(sys::CUDA_ERROR_UNKNOWN);
                    if !consumer_has_gone {
                        result = Err(error);
                    }
                    break;
                }
            }
        }
        let disconnected = self.connection.disconnect();
        let is_over = disconnected.is_ok();
        result = first(result, disconnected);
        let left = self.presented.drain(..).collect();
        let context = self.connection.context();
        if let Err(left) = leftovers::leave_to(self.connection.stream(), left) {
            // A consumer of ours that is not there any more has disconnected, and the stream is over.
            if self.consumer_is_known || (consumer_has_gone && is_over) {
                back.extend(left);
            } else {
                leftovers::leak(left);
            }
        }
        leftovers::free(context, back);
        result
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            report(&error);
        }
    }
}
