//! Progress bars on a terminal; silence elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pellucid_core::job::{Bar, Progress};

/// Bars on the standard error, if it is a terminal and nobody asked for quiet.
pub fn shown(quiet: bool) -> Arc<dyn Progress> {
    let bars = MultiProgress::new();
    let visible = !quiet && std::io::stderr().is_terminal();
    if !visible {
        bars.set_draw_target(ProgressDrawTarget::hidden());
    }
    Arc::new(Bars { bars, visible })
}

struct Bars {
    bars: MultiProgress,
    visible: bool,
}

struct Drawn(ProgressBar);

impl Progress for Bars {
    fn start(&self, task: &str, total: u64) -> Box<dyn Bar> {
        let bar = if total == 0 {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::new(total)
        };
        let template = if total == 0 {
            "{msg:34} {spinner} {pos} {elapsed:>6}"
        } else {
            "{msg:34} {bar:28} {percent:>3} % {elapsed:>6} (left {eta})"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_message(task.to_owned());
        Box::new(Drawn(self.bars.add(bar)))
    }

    fn note(&self, line: &str) {
        if self.visible {
            // A line that cannot be shown is no reason to stop the work.
            let _ = self.bars.println(line);
        }
    }
}

impl Bar for Drawn {
    fn advance(&self, units: u64) {
        self.0.inc(units);
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
