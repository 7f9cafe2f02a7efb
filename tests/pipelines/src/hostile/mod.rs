//! Memory whose content is made up, and whatever takes it.

mod make;
mod numbers;
mod places;
mod take;

pub use make::{Made, block, forged, noise};
pub use numbers::Numbers;
pub use places::Places;
pub use take::take;
