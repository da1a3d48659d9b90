//! Progress bars on a terminal, and what the user must know everywhere.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pellucid_core::job::{Bar, Progress};

/// Notes on the standard error unless `quiet`, and bars there if it is a
/// terminal and nobody asked for a result for machines.
pub fn shown(quiet: bool, machines: bool) -> Arc<dyn Progress> {
    let bars = MultiProgress::new();
    let visible = !quiet && !machines && std::io::stderr().is_terminal();
    if !visible {
        bars.set_draw_target(ProgressDrawTarget::hidden());
    }
    Arc::new(Bars {
        drawn: bars,
        visible,
        quiet,
    })
}

struct Bars {
    drawn: MultiProgress,
    visible: bool,
    quiet: bool,
}

struct Drawn {
    bar: ProgressBar,
    /// The style once there are lines below the bar.
    with_lines: Option<ProgressStyle>,
}

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
        let with_lines = format!("{template}\n{{prefix}}");
        Box::new(Drawn {
            bar: self.drawn.add(bar),
            with_lines: ProgressStyle::with_template(&with_lines)
                .ok()
                .map(|style| style.progress_chars("━╸ ")),
        })
    }

    fn note(&self, line: &str) {
        if self.visible {
            self.remark(&format!("note: {line}"));
        } else if !self.quiet {
            eprintln!("note: {line}");
        }
    }

    fn remark(&self, line: &str) {
        if self.visible {
            // A line that cannot be shown is no reason to stop the work.
            let _ = self.drawn.println(line);
        }
    }
}

impl Bar for Drawn {
    fn advance(&self, units: u64) {
        self.bar.inc(units);
    }

    fn tell(&self, lines: &str) {
        if self.bar.is_hidden() {
            return;
        }
        if let Some(style) = &self.with_lines {
            self.bar.set_style(style.clone());
            self.bar.set_prefix(lines.to_owned());
        }
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
