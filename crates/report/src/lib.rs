//! Figures and pages: what a result looks like.
//!
//! Plain data go in, one self-contained HTML file comes out. Nothing here
//! knows a model or a job:
//!
//! * [`figure`]: curves, bars, maps, histograms and multigraphs, drawn as SVG
//!   whose colours are CSS variables, so that light, dark and print share one
//!   drawing; each carries its caption, its numbers and its download;
//! * [`mod@table`]: tables whose numbers carry their uncertainty;
//! * [`page`]: the builder of the page around them;
//! * [`math`]: the LaTeX that we use, as `MathML`, as SVG text and as plain text;
//! * [`text`]: prose with `$math$`, `**strong**`, `` `code` `` and links;
//! * [`number`]: how a value and its error are written, everywhere.
//!
//! Every string that comes from outside is escaped: a caller cannot put HTML
//! into the page, only [`Markup`] made here is passed through.

pub mod figure;
pub mod markup;
pub mod math;
pub mod number;
pub mod page;
pub mod table;
pub mod text;

pub use figure::Figure;
pub use markup::Markup;
pub use page::{Page, Section};
pub use table::Table;
