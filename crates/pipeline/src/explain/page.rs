//! The page.

use pellucid_report::Page;
use pellucid_report::page::Status;

use super::attribution::ShownEvent;
use super::pass::Pass;
use super::result::ExplainResult;
use super::run::Request;
use crate::tagger::Tagger;

/// The whole page.
pub(crate) fn page(
    result: &ExplainResult,
    _request: &Request,
    _tagger: &Tagger,
    _pass: &Pass,
    _shown: &[ShownEvent],
) -> String {
    let status = if result.verdict.reproduced { Status::Good } else { Status::Caution };
    Page::new("What the tagger has learned").verdict(status, &result.verdict.sentence).html()
}
