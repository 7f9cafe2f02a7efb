//! Pipelines that end, one way or the other.

use std::cell::Cell;
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::pixels::Picture;

/// No test's pipeline needs longer, on a slow machine either.
const LIMIT: Duration = Duration::from_secs(30);

/// A pipeline that goes to NULL when it is dropped; and whether its end was seen on the bus.
#[derive(Debug)]
pub struct Pipeline(gst::Pipeline, Cell<bool>);

impl Pipeline {
    /// From a launch line.
    ///
    /// # Errors
    ///
    /// The parser's, as text: links that cannot be, elements that are not there.
    pub fn parse(line: &str) -> Result<Self, String> {
        let element = gst::parse::launch(line).map_err(|e| e.to_string())?;
        let pipeline = match element.downcast::<gst::Pipeline>() {
            Ok(pipeline) => pipeline,
            Err(element) => {
                let pipeline = gst::Pipeline::new();
                pipeline.add(&element).map_err(|e| e.to_string())?;
                pipeline
            }
        };
        Ok(Self::new(pipeline))
    }

    /// One put together elsewhere.
    pub fn new(pipeline: gst::Pipeline) -> Self {
        Self(pipeline, Cell::new(false))
    }

    /// The GStreamer object.
    pub fn as_gst(&self) -> &gst::Pipeline {
        &self.0
    }

    /// The element of this name.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn get<T: IsA<gst::Element>>(&self, name: &str) -> T {
        let element = self.0.by_name(name);
        let element = element.unwrap_or_else(|| panic!("no element {name}"));
        let element = element.downcast::<T>();
        element.unwrap_or_else(|e| panic!("{e:?} is of another type"))
    }

    /// Starts a change of state.
    ///
    /// # Errors
    ///
    /// What the bus says.
    pub fn set(&self, state: gst::State) -> Result<(), String> {
        let result = self.0.set_state(state);
        result
            .map(|_| ())
            .map_err(|e| self.bus_error(&e.to_string()))
    }

    /// Runs until the state is reached.
    ///
    /// # Errors
    ///
    /// What the bus says, or that it took too long.
    pub fn reach(&self, state: gst::State) -> Result<(), String> {
        self.set(state)?;
        let limit = gst::ClockTime::try_from(LIMIT).map_err(|e| e.to_string())?;
        let (result, now, _) = self.0.state(limit);
        match result {
            Ok(_) if now == state => Ok(()),
            _ => Err(self.bus_error(&format!("{now:?} instead of {state:?}"))),
        }
    }

    /// Waits for the end of the stream.
    ///
    /// # Errors
    ///
    /// What the bus says, or that it took too long.
    pub fn wait(&self) -> Result<(), String> {
        use gst::MessageView;
        if self.1.get() {
            return Ok(());
        }
        let end = Instant::now() + LIMIT;
        let bus = self.0.bus().ok_or("a pipeline has a bus")?;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let left = gst::ClockTime::try_from(left).map_err(|e| e.to_string())?;
            let types = [gst::MessageType::Error, gst::MessageType::Eos];
            match bus.timed_pop_filtered(left, &types) {
                None => return Err(format!("neither end nor error in {LIMIT:?}")),
                Some(message) => match message.view() {
                    MessageView::Eos(_) => return Ok(()),
                    MessageView::Error(error) => return Err(text(error)),
                    _ => {}
                },
            }
        }
    }

    /// Plays to the end and goes to NULL.
    ///
    /// # Errors
    ///
    /// What the bus says, or that it took too long.
    pub fn finish(self) -> Result<(), String> {
        self.set(gst::State::Playing)?;
        self.wait()
    }

    /// The next picture of an appsink, `None` at the end.
    ///
    /// # Errors
    ///
    /// What the bus says, or that it took too long.
    pub fn picture(&self, sink: &gst_app::AppSink) -> Result<Option<Picture>, String> {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(100)) {
                return Picture::new(&sample).map(Some);
            }
            let error = self.bus_error("");
            if !error.is_empty() {
                return Err(error);
            }
            if sink.is_eos() {
                return Ok(None);
            }
            if Instant::now() > end {
                return Err(format!("no picture came in {LIMIT:?}"));
            }
        }
    }

    /// Errors on the bus, or `otherwise`.
    fn bus_error(&self, otherwise: &str) -> String {
        let mut all = String::new();
        let types = [gst::MessageType::Error, gst::MessageType::Eos];
        while let Some(message) = self.0.bus().and_then(|bus| bus.pop_filtered(&types)) {
            match message.view() {
                gst::MessageView::Error(error) => all.push_str(&text(error)),
                _ => self.1.set(true),
            }
        }
        if all.is_empty() {
            otherwise.into()
        } else {
            all
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_state(gst::State::Null) {
            eprintln!("{}: {error}", self.0.name());
        }
    }
}

fn text(error: &gst::message::Error) -> String {
    let source = error.src().map(|source| source.name().to_string());
    format!(
        "{}: {} ({})\n",
        source.unwrap_or_default(),
        error.error(),
        error.debug().unwrap_or_default()
    )
}

/// Runs a launch line to its end.
///
/// # Errors
///
/// The parser's or the bus's text.
pub fn run(line: &str) -> Result<(), String> {
    Pipeline::parse(line)?.finish()
}

/// Runs a launch line to its end and collects what comes to its appsink `out`.
///
/// # Errors
///
/// The parser's or the bus's text.
pub fn frames(line: &str) -> Result<Vec<Picture>, String> {
    let pipeline = Pipeline::parse(line)?;
    let sink = pipeline.get::<gst_app::AppSink>("out");
    sink.set_sync(false);
    // The sink holds few, so that pools are not what limits a test.
    sink.set_max_buffers(4);
    pipeline.set(gst::State::Playing)?;
    let mut all = Vec::new();
    while let Some(picture) = pipeline.picture(&sink)? {
        all.push(picture);
    }
    pipeline.wait().map(|()| all)
}
